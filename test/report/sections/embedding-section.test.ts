import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import sharp from 'sharp';
import {page as renderPage} from '../../../src/report/page.js';
import {createThumbnailSheet} from '../../../src/datasets/images/thumbnail.js';
import {useBrowser} from '../../helpers/browser.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {embeddingSection} from '../../../src/report/sections/embedding-section.js';

const point = (name: string, prediction: string, x: number, y: number) => ({
  ...{name, truth: 'ants', prediction, x, y},
});
const CLASSES = ['ants', 'bees'];

describe('the map of the images', () => {
  it('has a point for each image, mistakes on top with a ring, and names of classes', () => {
    const points = [point('wrong.jpg', 'bees', 0, 0), point('right.jpg', 'ants', 2, 1)];
    const text = embeddingSection({points, explained: 0.34}, CLASSES)!.text;
    const titles = [...text.matchAll(/<circle\s([^>]*)>\s*<title>([^<]*)</g)];
    expect(titles.map(([, traits, title]) => [traits!.includes('mistaken'), title])).to.deep.equal([
      [false, 'ants\nright.jpg'],
      [true, 'ants, predicted bees\nwrong.jpg'],
    ]);
    expect(text).to.contain('which hold 34\u00a0%');
    expect([...text.matchAll(/text-anchor="middle"\s*>(\w+)</g)].map(([, name]) => name)).to.deep.equal(['ants']); // prettier-ignore
  });

  it('has the same scale in both directions, from edge to edge', () => {
    const points = [point('a', 'ants', -1, 0), point('b', 'ants', 1, 0), point('c', 'ants', 0, 1)];
    const {text} = embeddingSection({points, explained: 1}, CLASSES)!;
    const places = [...text.matchAll(/cx="([\d.]+)"\s+cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    // 672 pixels for 2 units, so that 1 unit is 336 in height.
    expect(places).to.deep.equal([[24, 388], [696, 388], [360, 52]]); // prettier-ignore
  });

  it('bears a single image, and none', () => {
    const {text} = embeddingSection({points: [point('a', 'ants', 0, 0)], explained: 0}, CLASSES)!;
    expect(text).to.contain('cx="360"').and.not.to.contain('NaN');
    expect(embeddingSection({points: [], explained: 0}, CLASSES)).to.equal(undefined);
  });
});

describe('the map of the images in a browser', function () {
  this.timeout(120_000);
  const browser = useBrowser();
  /** Of the tiles, in their order: red for the first, and so on. */
  const COLORS = [
    [255, 0, 0],
    [0, 0, 255],
  ] as const;
  let page: Page;
  const requests: string[] = [];
  const problems: string[] = [];

  before('open it', async () => {
    const images = COLORS.map(color => ({
      width: 8,
      height: 8,
      data: Uint8Array.from({length: 192}, (_, i) => color[i % 3]!),
    }));
    const points = [
      {...point('right.jpg', 'ants', 0, 0), tile: 1},
      {...point('wrong.jpg', 'bees', 4, 1), tile: 0},
      point('third.jpg', 'ants', 8, 4),
    ];
    const thumbnails = {sheet: await createThumbnailSheet(images, 48), columns: 16, count: 2};
    const html = renderPage('map', embeddingSection({points, explained: 1, thumbnails}, CLASSES)!);
    const path = join(temporaryDirectory(), 'map.html');
    writeFileSync(path, html);
    page = await browser().newPage();
    page.on('console', message => problems.push(message.text()));
    page.on('request', request => requests.push(request.url().slice(0, 5)));
    await page.setViewport({width: 1000, height: 800});
    await page.goto(pathToFileURL(path).href);
  });

  const shownName = (): Promise<string | null> =>
    page.$eval('.map-preview', preview =>
      preview.checkVisibility() ? preview.querySelector('span:last-child')!.textContent : null,
    );

  /** Whether an image is shown. */
  const isImageShown = (): Promise<boolean> =>
    page.$eval('.map-image', image => image.checkVisibility());

  /** Waits until the image that is shown has a color: it is drawn a moment after it is placed. */
  async function expectColor(expected: readonly number[]): Promise<void> {
    const image = (await page.$('.map-image'))!;
    const read = async (): Promise<number[]> => {
      const {dominant} = await sharp(await image.screenshot()).stats();
      return [dominant.r, dominant.g, dominant.b].map(value => Math.round(value / 255));
    };
    let found = await read();
    for (let i = 0; i < 50 && String(found) !== String(expected); i++) found = await read();
    expect(found).to.deep.equal(expected);
  }

  /** The middle of a point on the screen. */
  const pointAt = (index: number): Promise<{x: number; y: number}> =>
    page.$$eval(
      '.embedding circle',
      (circles, at) => {
        const {left, top, width, height} = circles[at]!.getBoundingClientRect();
        return {x: left + width / 2, y: top + height / 2};
      },
      index,
    );

  it('shows the image near the pointer, with its name, and none far from all', async () => {
    const {x, y} = await pointAt(2);
    await page.mouse.move(x + 10, y + 10);
    expect(await shownName()).to.equal('ants, predicted bees wrong.jpg');
    await expectColor([1, 0, 0]);
    const right = await pointAt(0);
    await page.mouse.move(right.x, right.y);
    expect(await shownName()).to.equal('ants right.jpg');
    await expectColor([0, 0, 1]);
    await page.mouse.move(right.x, right.y - 100);
    expect(await shownName()).to.equal(null);
  });

  it('shows the name alone of an image without a thumbnail', async () => {
    const {x, y} = await pointAt(1);
    await page.mouse.move(x, y);
    expect(await shownName()).to.equal('ants third.jpg');
    expect(await isImageShown()).to.equal(false);
    await page.mouse.move(2, 2);
    expect(await shownName()).to.equal(null);
  });

  it('goes from image to image by the arrow keys, mistakes first', async () => {
    await page.focus('.map');
    const names: (string | null)[] = [];
    for (const key of [
      'ArrowRight',
      'ArrowRight',
      'ArrowDown',
      'ArrowRight',
      'ArrowLeft',
      'Home',
      'End',
      'Escape',
    ] as const) {
      await page.keyboard.press(key);
      names.push(((await shownName()) ?? ' none.').replace(/.* |\..*/g, ''));
    }
    expect(names).to.deep.equal(['wrong', 'right', 'third', 'wrong', 'third', 'wrong', 'third', 'none']); // prettier-ignore
    await page.keyboard.press('Home');
    expect(await page.$eval('.map-preview', preview => preview.getAttribute('role'))).to.equal('status'); // prettier-ignore
    await expectColor([1, 0, 0]);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    expect(await shownName()).to.equal(null);
  });

  it('shows the image that is tapped on a phone, within the map', async () => {
    await page.setViewport({width: 390, height: 700, hasTouch: true, isMobile: true});
    const {x, y} = await pointAt(2);
    await page.touchscreen.tap(x, y);
    expect(await shownName()).to.equal('ants, predicted bees wrong.jpg');
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(390);
    const isInside = await page.evaluate(() => {
      const [map, preview] = ['.map', '.map-preview'].map(name =>
        document.querySelector(name)!.getBoundingClientRect(),
      );
      return preview!.left >= map!.left && preview!.right <= map!.right && preview!.top >= map!.top; // prettier-ignore
    });
    expect(isInside).to.equal(true);
  });

  it('loads nothing, and has no error on the console', () => {
    expect(requests.filter(url => !['data:', 'file:'].includes(url))).to.deep.equal([]);
    expect(problems).to.deep.equal([]);
  });
});
