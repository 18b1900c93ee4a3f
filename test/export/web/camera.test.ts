import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import sharp from 'sharp';
import {loadModel} from '../../../src/export/load-model.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {exportedRandomModel} from '../../helpers/examples.js';
import {createPhoto} from '../../helpers/photos.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {
  openModelPage,
  readBars,
  stopModelServers,
  textOf,
  upload,
  waitForImage,
  waitUntilReady,
} from '../../helpers/web-page.js';

/** The frames of the camera are converted to YUV and back. */
const TOLERANCE = 0.03;

describe('the camera of the web page', function () {
  this.timeout(240_000);
  useBackend();
  const frame = join(temporaryDirectory(), 'frame.jpg');
  const browser = useBrowser(async () => {
    await sharp(await createPhoto(5))
      .resize(640, 480, {fit: 'fill'})
      .jpeg({quality: 95})
      .toFile(frame);
    const video = join(temporaryDirectory(), 'camera.mjpeg');
    writeFileSync(video, Buffer.concat(Array<Buffer>(8).fill(await sharp(frame).toBuffer())));
    return [
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${video}`,
    ];
  });
  let page: Page;
  let problems: readonly string[];
  let expected: Map<string, number>;

  before('open it, and classify a frame in Node', async () => {
    const model = await exportedRandomModel();
    ({page, problems} = await openModelPage(browser(), model));
    await waitUntilReady(page);
    const loaded = await loadModel(model);
    const predictions = await loaded.classify(frame);
    loaded.dispose();
    expected = new Map(predictions.map(({className, probability}) => [className, probability]));
  });
  after(stopModelServers);

  const pressCamera = (): Promise<void> => page.click('#camera');
  const isPressed = (): Promise<string> =>
    page.$eval('#camera', button => button.getAttribute('aria-pressed')!);

  it('classifies what it sees, again and again', async () => {
    await pressCamera();
    await waitForImage(page, 'Camera');
    const bars = await readBars(page);
    for (const [className, probability] of expected)
      expect(bars.get(className), className).to.be.closeTo(probability, TOLERANCE);
    await page.evaluate(() => document.querySelector('#classes li')!.setAttribute('old', ''));
    await page.waitForSelector('#classes li:not([old])');
    expect(await isPressed()).to.equal('true');
    expect(await textOf(page, '#camera')).to.equal('Stop the camera');
  });

  it('reads its answer out without the probability, which changes all the time', async () => {
    const answer = await textOf(page, '#answer');
    await page.waitForFunction(
      (text: string) => document.querySelector('[role=status]')!.textContent === text,
      {},
      answer,
    );
  });

  it('shows where the model looks', async () => {
    await page.click('.switch');
    await waitForImage(page, 'Camera, with where the model looks for ');
    await page.click('.switch');
    await page.waitForFunction(
      "document.querySelector('#image').getAttribute('aria-label') === 'Camera'",
    );
  });

  it('stops when it is told to', async () => {
    await pressCamera();
    expect(await isPressed()).to.equal('false');
    expect(await textOf(page, '#camera')).to.equal('Use the camera');
  });

  it('does not start once a file is chosen, or the button is pressed again', async () => {
    await upload(page, frame);
    const opened = await page.evaluate(async (path: string) => {
      const streams: MediaStream[] = [];
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async constraints => {
        streams.push(await open(constraints));
        return streams.at(-1)!;
      };
      const camera = document.querySelector<HTMLElement>('#camera')!;
      camera.click();
      camera.click();
      const bytes = await (await fetch(path)).blob();
      camera.click();
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], 'later.css'));
      document.dispatchEvent(new DragEvent('drop', {dataTransfer, cancelable: true}));
      await new Promise(resolve => setTimeout(resolve, 1500));
      navigator.mediaDevices.getUserMedia = open;
      return streams.map(stream =>
        stream.getTracks().every(({readyState}) => readyState === 'ended'),
      );
    }, 'style.css');
    expect(opened).to.deep.equal([true, true]);
    expect(await isPressed()).to.equal('false');
  });

  it('stops when a file is chosen', async () => {
    await pressCamera();
    await waitForImage(page, 'Camera');
    await upload(page, frame);
    expect(await isPressed()).to.equal('false');
    for (const [className, probability] of expected)
      expect((await readBars(page)).get(className)).to.be.closeTo(probability, TOLERANCE);
  });

  it('says what to do where there is none', async () => {
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('none', 'NotFoundError'));
    });
    await pressCamera();
    await page.waitForFunction(
      "document.querySelector('#answer').textContent === 'The camera cannot be used'",
    );
    expect(await textOf(page, '#detail')).to.equal('There is no camera.');
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'mediaDevices', {value: undefined});
    });
    await pressCamera();
    await page.waitForFunction(
      "document.querySelector('#detail').textContent.includes('https:// or localhost')",
    );
  });

  it('has no error on the console', () => {
    expect(problems).to.deep.equal([]);
  });
});
