import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Page, SerializedAXNode} from 'puppeteer-core';
import {exportModel} from '../../../src/export/export-model.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {createPhoto} from '../../helpers/photos.js';
import {randomClassifier} from '../../helpers/random-classifier.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {
  openModelPage,
  stopModelServers,
  upload,
  waitForImage,
  waitUntilReady,
} from '../../helpers/web-page.js';

/** WCAG 2.1: text of normal size. */
const CONTRAST = 4.5;

/** The lowest contrast of the texts in a page with what is behind them, and the text. */
const findLowestContrast = (page: Page): Promise<{ratio: number; text: string}> =>
  page.evaluate(() => {
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string): number => {
      const [red, green, blue] = channels(color)
        .slice(0, 3)
        .map(value => value / 255)
        .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const behind = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const {backgroundColor} = getComputedStyle(element);
      return channels(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
    };
    return [...document.querySelectorAll('main *')]
      .filter(element => element.checkVisibility() && !element.classList.contains('hidden'))
      .filter(element =>
        [...element.childNodes].some(
          node => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== '',
        ),
      )
      .map(element => {
        const [one, two] = [getComputedStyle(element).color, behind(element)].map(luminance);
        const [light, dark] = [Math.max(one!, two!), Math.min(one!, two!)];
        return {ratio: (light + 0.05) / (dark + 0.05), text: element.textContent};
      })
      .reduce((lowest, each) => (each.ratio < lowest.ratio ? each : lowest));
  });

const controlsOf = (node: SerializedAXNode): SerializedAXNode[] => [
  ...(['button', 'switch', 'progressbar', 'img', 'image', 'textbox'].includes(node.role)
    ? [node]
    : []),
  ...(node.children ?? []).flatMap(controlsOf),
];

describe('the layout of the web page', function () {
  this.timeout(240_000);
  useBackend();
  const browser = useBrowser();
  let page: Page;

  before('open it for a model with long names', async () => {
    const classNames = Array.from({length: 8}, (_, i) => `${'long-name_'.repeat(i === 0 ? 9 : 1)}${i}`); // prettier-ignore
    const classifier = randomClassifier({spec: {lastStage: 1}, size: 32, classNames});
    const model = join(temporaryDirectory(), 'model');
    await exportModel(classifier, model);
    classifier.dispose();
    ({page} = await openModelPage(browser(), model));
    await waitUntilReady(page);
    const photo = join(temporaryDirectory(), `${'a-long-name-'.repeat(8)}.png`);
    writeFileSync(photo, await createPhoto(1));
    await upload(page, photo);
    await page.click('.switch');
    await waitForImage(page, 'a-long-name-');
    await page.$eval('#labels', details => details.setAttribute('open', ''));
  });
  after(stopModelServers);

  for (const theme of ['light', 'dark'])
    for (const width of [320, 390, 1280])
      it(`fits ${width} pixels, and its texts can be read: ${theme}`, async () => {
        await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: theme}]);
        await page.setViewport({width, height: 800});
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
        const {ratio, text} = await findLowestContrast(page);
        expect(ratio, text).to.be.at.least(CONTRAST);
      });

  it('is dark in a dark theme only', async () => {
    const ground = async (theme: string): Promise<string> => {
      await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: theme}]);
      return page.$eval('body', body => getComputedStyle(body).backgroundColor);
    };
    expect(await ground('light')).to.equal('rgb(246, 245, 241)');
    expect(await ground('dark')).to.equal('rgb(17, 19, 22)');
  });

  it('has a name for every control and for the image', async () => {
    const controls = controlsOf((await page.accessibility.snapshot())!);
    expect(controls.map(({role}) => role)).to.include.members(['button', 'switch']);
    expect(controls.filter(({name}) => (name ?? '') === '')).to.deep.equal([]);
    expect(controls.map(({name}) => name)).to.include.members([
      'Choose an image',
      'Use the camera',
      'Show where it looks',
    ]);
  });

  it('is used by the keyboard alone, and shows where it is', async () => {
    await page.setViewport({width: 1280, height: 800});
    await page.mouse.click(2, 2);
    const focused: string[] = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab');
      focused.push(await page.evaluate(() => document.activeElement!.id));
    }
    expect(focused).to.deep.equal(['choose', 'camera', 'map']);
    expect(
      await page.$eval('.track', track => getComputedStyle(track).outlineStyle),
      'focus of the switch',
    ).to.equal('solid');
    const checked = (): Promise<boolean> =>
      page.$eval('#map', input => (input as HTMLInputElement).checked);
    const before = await checked();
    await page.keyboard.press('Space');
    expect(await checked()).to.equal(!before);
    await page.focus('#choose');
    const chooser = page.waitForFileChooser();
    // The browser is told to hand on choosers before the key is pressed.
    await page.evaluate(() => undefined);
    await page.keyboard.press('Enter');
    await (await chooser).cancel();
  });
});
