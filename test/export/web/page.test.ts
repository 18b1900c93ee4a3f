import {copyFileSync, cpSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import sharp from 'sharp';
import {exportModel} from '../../../src/export/export-model.js';
import {toOpenSetRecord} from '../../../src/training/open-set/open-set-record.js';
import {loadModel} from '../../../src/export/load-model.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {randomClassifier} from '../../helpers/random-classifier.js';
import {exportedRandomModel} from '../../helpers/examples.js';
import {createPhoto} from '../../helpers/photos.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {
  drop,
  openModelPage,
  PNG_TOLERANCE,
  paste,
  readBars,
  stopModelServers,
  textOf,
  upload,
  waitForAnswer,
  waitForImage,
  waitUntilReady,
} from '../../helpers/web-page.js';

/** A copy of a model whose files may be changed. */
function copyOf(model: string): string {
  const copy = join(temporaryDirectory(), 'copy');
  cpSync(model, copy, {recursive: true});
  return copy;
}

/** Changes `metadata.json` of a model. */
function editMetadata(model: string, change: object): void {
  const path = join(model, 'metadata.json');
  const metadata = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({...metadata, ...change}));
}

describe('the web page of an exported model', function () {
  this.timeout(240_000);
  useBackend();
  const browser = useBrowser();
  let directory: string;
  let model: string;
  let photos: string[];
  let expected: Map<string, number>[];

  before('export a model, and classify in Node', async () => {
    model = await exportedRandomModel();
    directory = temporaryDirectory();
    photos = [1, 2, 3].map(seed => join(directory, `photo-${seed}.png`));
    for (const [i, path] of photos.entries()) writeFileSync(path, await createPhoto(i + 1));
    const loaded = await loadModel(model);
    const predictions = await loaded.classify(photos);
    loaded.dispose();
    expected = predictions.map(
      all => new Map(all.map(({className, probability}) => [className, probability])),
    );
  });

  after(stopModelServers);

  const expectBars = (bars: Map<string, number>, photo: number): void => {
    expect([...bars.values()]).to.deep.equal([...bars.values()].sort((a, b) => b - a));
    expect(bars.size).to.equal(expected[photo]!.size);
    for (const [className, probability] of expected[photo]!)
      expect(bars.get(className), className).to.be.closeTo(probability, PNG_TOLERANCE);
  };

  describe('takes an image', () => {
    let page: Page;
    let problems: readonly string[];

    before('open it', async () => {
      ({page, problems} = await openModelPage(browser(), model));
      await waitUntilReady(page);
    });

    it('that is chosen, and gives the probabilities of Node', async () => {
      expectBars(await upload(page, photos[0]!), 0);
      expect(await textOf(page, '#facts')).to.match(/^Time per image\d+ msRuns on\w+Input32 × 32$/);
    });

    it('that is dropped', async () => {
      await drop(page, '#stage', photos[1]!);
      await waitForImage(page, 'photo-2.png');
      expectBars(await readBars(page), 1);
    });

    it('that is pasted', async () => {
      await paste(page, readFileSync(photos[2]!));
      await waitForImage(page, 'image.png');
      expectBars(await readBars(page), 2);
    });

    it('in its orientation, and put on white where it is transparent', async () => {
      const turned = join(directory, 'turned.jpg');
      await sharp(photos[0])
        .composite([
          {
            input: {create: {width: 90, height: 240, channels: 3, background: 'navy'}},
            left: 0,
            top: 0,
          },
        ]) // prettier-ignore
        .withMetadata({orientation: 6})
        .jpeg({quality: 100, chromaSubsampling: '4:4:4'})
        .toFile(turned);
      const clear = join(directory, 'clear.png');
      const alpha = await sharp(photos[1]).greyscale().raw().toBuffer();
      await sharp(photos[1])
        .joinChannel(alpha, {raw: {width: 320, height: 240, channels: 1}})
        .png()
        .toFile(clear);
      const loaded = await loadModel(model);
      for (const path of [turned, clear]) {
        const bars = await upload(page, path);
        for (const {className, probability} of await loaded.classify(path))
          expect(bars.get(className), path).to.be.closeTo(probability, 0.02);
      }
      loaded.dispose();
    });

    it('that is larger than the canvas of some browsers', async () => {
      const large = join(directory, 'large.jpg');
      await sharp(photos[0]).resize(5200, 3900, {fit: 'fill'}).jpeg().toFile(large);
      const bars = await upload(page, large);
      const loaded = await loadModel(model);
      for (const {className, probability} of await loaded.classify(large))
        expect(bars.get(className)).to.be.closeTo(probability, 0.02);
      loaded.dispose();
    });

    it('and says what it cannot read; the next one works', async () => {
      const notes = join(directory, 'notes.png');
      writeFileSync(notes, 'no image');
      await (await page.$('input'))!.uploadFile(notes);
      await waitForAnswer(page, 'notes.png cannot be classified');
      expect(await textOf(page, '#detail')).to.match(/Choose a JPEG, PNG/);
      expect(await page.$$('#classes li')).to.deep.equal([]);
      expect(await page.$eval('#answer', answer => answer.classList.contains('wrong'))).to.equal(true); // prettier-ignore
      expectBars(await upload(page, photos[0]!), 0);
    });

    it('and refuses a dropped text', async () => {
      await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData('text/plain', 'bees');
        document.dispatchEvent(new DragEvent('drop', {dataTransfer, cancelable: true}));
      });
      await waitForAnswer(page, '^That is not a file$');
    });

    it('and reads the answer out', async () => {
      await upload(page, photos[0]!);
      const [answer, detail] = [await textOf(page, '#answer'), await textOf(page, '#detail')];
      expect(await textOf(page, '[role=status]')).to.equal(`${answer} ${detail}`);
      expect(`${answer} ${detail}`).to.include([...expected[0]!.keys()][0]);
    });

    it('without an error on the console, and without a request to anywhere else', () => {
      expect(problems).to.deep.equal([]);
    });
  });

  it('is not sure of an answer below the threshold of metadata.json', async () => {
    const copy = copyOf(model);
    editMetadata(copy, {unsureBelow: 1});
    const {page} = await openModelPage(browser(), copy);
    await waitUntilReady(page);
    await upload(page, photos[0]!);
    expect(await textOf(page, '#answer')).to.equal('Not sure');
    const [best] = expected[0]!.keys();
    editMetadata(copy, {unsureBelow: 0});
    const other = (await openModelPage(browser(), copy)).page;
    await waitUntilReady(other);
    await upload(other, photos[0]!);
    expect(await textOf(other, '#answer')).to.equal(best);
    expect(await textOf(page, '#detail')).to.match(new RegExp(`The best guess is ${best}, at \\d`));
  });

  it('shows no activation map where metadata.json of an earlier version names no layers', async () => {
    const copy = copyOf(model);
    editMetadata(copy, {activationMap: undefined, unsureBelow: undefined});
    const {page, problems} = await openModelPage(browser(), copy);
    await waitUntilReady(page);
    expectBars(await upload(page, photos[0]!), 0);
    expect(await page.$eval('#map', input => input.checkVisibility())).to.equal(false);
    expect(problems).to.deep.equal([]);
  });

  it('says that an image is of none of the classes by the score of Node', async () => {
    const directory = join(temporaryDirectory(), 'model');
    const classifier = randomClassifier({spec: {lastStage: 1}, size: 32});
    const width = classifier.layers.at(-1)!.inputs;
    const openSet = {
      mean: new Float32Array(width).fill(0.1),
      precision: new Float32Array(width).fill(2),
      margin: [0.5, 2],
      distance: [0.3, 1.5],
      threshold: 0,
    } as const;
    await exportModel(classifier, directory, {openSet: toOpenSetRecord(openSet)});
    classifier.dispose();
    const loaded = await loadModel(directory);
    const {knownScore} = await loaded.recognize(photos[0]!);
    loaded.dispose();
    for (const [shift, isUnknown] of [
      [0.05, true],
      [-0.05, false],
    ] as const) {
      // prettier-ignore
      const threshold = knownScore! + shift;
      editMetadata(directory, {openSet: toOpenSetRecord({...openSet, threshold}), unsureBelow: 0});
      const {page} = await openModelPage(browser(), directory);
      await waitUntilReady(page);
      await upload(page, photos[0]!);
      expect((await textOf(page, '#answer')) === 'Unknown').to.equal(isUnknown);
    }
  });

  it('goes on to the next backend where one fails, and says so', async () => {
    const copy = copyOf(model);
    rmSync(join(copy, 'web/tfjs-backend-wasm-simd.wasm'));
    writeFileSync(join(copy, 'web/tfjs-backend-wasm-simd.wasm'), 'no WebAssembly');
    const {page} = await openModelPage(browser(), copy);
    await waitUntilReady(page);
    expect(await textOf(page, '#facts')).to.match(/^Runs on(WebGL|JavaScript)WebAssembly failed/);
    expectBars(await upload(page, photos[0]!), 0);
  });

  for (const [backend, title] of Object.entries({
    webgl: 'WebGL',
    wasm: 'WebAssembly',
    cpu: 'JavaScript',
  }))
    // prettier-ignore
    it(`gives the probabilities of Node on ${title}`, async () => {
      const {page} = await openModelPage(browser(), model, `?backend=${backend}`);
      await waitUntilReady(page);
      expect(await textOf(page, '#facts')).to.match(new RegExp(`^Runs on${title}`));
      expectBars(await upload(page, photos[0]!), 0);
    });

  const DAMAGES: Readonly<Record<string, readonly [damage: (copy: string) => void, said: RegExp]>> =
    {
      'a file of weights': [
        copy => rmSync(join(copy, 'group1-shard1of1.bin')),
        /^The model cannot be loaded group1-shard1of1\.bin is not there \(404\)\. Copy the whole folder/,
      ],
      'numbers in the weights': [
        copy => {
          const shard = join(copy, 'group1-shard1of1.bin');
          writeFileSync(shard, Buffer.alloc(readFileSync(shard).length, 0xff));
        },
        /^The model cannot be loaded.*numbers that are not finite/,
      ],
      'metadata.json': [
        copy => rmSync(join(copy, 'metadata.json')),
        /^The model cannot be loaded.*metadata\.json is not there \(404\)/,
      ],
      'a layer of the activation map': [
        copy => editMetadata(copy, {activationMap: {features: 'other', pooling: 'avg', head: []}}),
        /^The model cannot be loaded.*other/,
      ],
      'tf.min.js': [
        copy => writeFileSync(join(copy, 'web/tf.min.js'), ''),
        /^The model cannot be loaded tf\.min\.js is not there\. Copy the whole folder/,
      ],
      'inference.js': [
        copy => writeFileSync(join(copy, 'web/inference.js'), ''),
        /^The model cannot be loaded inference\.js is not there\. Copy the whole folder/,
      ],
    };

  for (const [what, [damage, said]] of Object.entries(DAMAGES))
    it(`says what is missing, and what to do: ${what}`, async () => {
      const copy = copyOf(model);
      damage(copy);
      const {page} = await openModelPage(browser(), copy);
      await waitForAnswer(page, '(cannot be loaded|is not there)$');
      expect(`${await textOf(page, '#answer')} ${await textOf(page, '#detail')}`).to.match(said);
      expect(await page.$eval('#choose', button => (button as HTMLButtonElement).disabled)).to.equal(true); // prettier-ignore
    });

  it('works in any folder of a web server', async () => {
    const site = temporaryDirectory();
    cpSync(model, join(site, 'models/mine'), {recursive: true});
    const {page, problems} = await openModelPage(browser(), site, '../models/mine/web/index.html');
    await waitUntilReady(page);
    expect(await textOf(page, '#facts')).to.match(/^Runs onWebAssembly/);
    expectBars(await upload(page, photos[0]!), 0);
    expect(problems).to.deep.equal([]);
  });

  it('has a worker that can ask nobody else, by the policy of the page', async () => {
    const {page, url} = await openModelPage(browser(), model);
    await waitUntilReady(page);
    const other = await openModelPage(browser(), model);
    const [worker] = page.workers();
    const ask = (address: string): Promise<string> =>
      worker!.evaluate(
        (to: string) => fetch(to, {mode: 'no-cors'}).then(() => 'sent', () => 'refused'), // prettier-ignore
        address,
      );
    expect(await ask(url)).to.equal('sent');
    expect(await ask(other.url)).to.equal('refused');
  });

  it('is what a static web server has in this folder', async () => {
    const copy = join(temporaryDirectory(), 'served');
    cpSync(model, copy, {recursive: true});
    copyFileSync(photos[0]!, join(copy, 'photo.png'));
    const {page, problems} = await openModelPage(browser(), copy, 'index.html');
    await waitUntilReady(page);
    expectBars(await upload(page, photos[0]!), 0);
    expect(problems).to.deep.equal([]);
  });
});
