import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import {exportModel} from '../../../src/export/export-model.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {createPhoto} from '../../helpers/photos.js';
import {randomClassifier} from '../../helpers/random-classifier.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {
  openModelPage,
  stopModelServers,
  textOf,
  upload,
  waitUntilReady,
  withoutWorkers,
} from '../../helpers/web-page.js';

/** Notes when the page had time for something else: every few milliseconds, if nothing holds it up. */
const noteTicks = (page: Page): Promise<unknown> =>
  page.evaluateOnNewDocument(() => {
    const ticks: number[] = [];
    Object.assign(globalThis, {ticks});
    setInterval(() => ticks.push(performance.now()), 5);
  });

const now = (page: Page): Promise<number> => page.evaluate(() => performance.now());

/** The longest time between two ticks since a time, in milliseconds. */
const longestGap = (page: Page, since: number): Promise<number> =>
  page.evaluate((start: number) => {
    const {ticks} = globalThis as unknown as {ticks: number[]};
    const times = [start, ...ticks.filter(time => time > start), performance.now()];
    return Math.max(...times.slice(1).map((time, i) => time - times[i]!));
  }, since);

describe('the web page of a ResNet-50', function () {
  this.timeout(600_000);
  useBackend();
  const browser = useBrowser();
  let model: string;
  let photo: string;

  before('export it', async () => {
    model = join(temporaryDirectory(), 'model');
    const classifier = randomClassifier({spec: {arch: 'resnet50', lastStage: 4}, size: 224});
    await exportModel(classifier, model);
    classifier.dispose();
    photo = join(temporaryDirectory(), 'photo.png');
    writeFileSync(photo, await createPhoto(1));
  });
  after(stopModelServers);

  /** What a page measured on WebAssembly, which every machine has. */
  async function measure(prepare?: (page: Page) => Promise<unknown>) {
    const {page, problems} = await openModelPage(
      browser(),
      model,
      '?backend=wasm',
      async opened => {
        await noteTicks(opened);
        await prepare?.(opened);
      },
    );
    await waitUntilReady(page);
    const loading = await longestGap(page, 0);
    const start = await now(page);
    const bars = await upload(page, photo);
    const classifying = await longestGap(page, start);
    const facts = await textOf(page, '#facts');
    const [, milliseconds] = /^Time per image(\d+) ms/.exec(facts)!;
    expect(problems).to.deep.equal([]);
    await page.close();
    return {bars, facts, loading, classifying, milliseconds: Number(milliseconds)};
  }

  it('is not held up by warming up and classifying, as a page without workers is', async () => {
    const beside = await measure();
    const inside = await measure(withoutWorkers);
    expect(beside.facts).not.to.include('Without a worker');
    expect(inside.facts).to.include('Without a worker');
    expect([...beside.bars]).to.deep.equal([...inside.bars]);
    // What the page itself does, decode an image and draw it, takes a tenth of the time of a ResNet-50 or less.
    expect(beside.loading, 'loading').to.be.below(inside.loading / 2);
    expect(beside.classifying, 'classifying').to.be.below(beside.milliseconds / 3);
    // In the thread of the page nothing else happens meanwhile, so that the measurement can fail.
    expect(inside.classifying).to.be.above(inside.milliseconds / 2);
  });
});
