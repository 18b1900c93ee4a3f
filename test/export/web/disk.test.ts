import {cpSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import {loadModel} from '../../../src/export/load-model.js';
import {findModelIn, type ChosenFile} from '../../../templates/web/model-folder.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {exportedRandomModel} from '../../helpers/examples.js';
import {createPhoto} from '../../helpers/photos.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {
  chooseFolder,
  openFromDisk,
  PNG_TOLERANCE,
  textOf,
  upload,
  waitForAnswer,
  waitForImage,
  waitUntilReady,
  withoutWorkers,
} from '../../helpers/web-page.js';

describe('the folder that is chosen for a web page', () => {
  const chosen = (...paths: string[]): ChosenFile[] =>
    paths.map(webkitRelativePath => Object.assign(new Blob([]), {webkitRelativePath}));
  const namesIn = (files: ChosenFile[]): string[] | undefined => {
    const source = findModelIn(files);
    return source && 'files' in source ? [...source.files.keys()] : undefined;
  };

  it('is that of the model', () => {
    const files = chosen('model/model.json', 'model/web/page.js', 'model/metadata.json');
    expect(namesIn(files)).to.deep.equal(['model.json', 'web/page.js', 'metadata.json']);
  });

  it('is the model above those of its members', () => {
    const files = chosen('e/members/a/metadata.json', 'e/metadata.json', 'e/members/a/model.json');
    expect(namesIn(files)).to.include.members(['metadata.json', 'members/a/metadata.json']);
  });

  it('may be that of a run, whose other files do not count', () => {
    const files = chosen('run/report.html', 'run/model/metadata.json', 'run/model/web/page.js');
    expect(namesIn(files)).to.deep.equal(['metadata.json', 'web/page.js']);
  });

  it('is none without metadata.json, as that of the page itself', () => {
    expect(namesIn(chosen('web/page.js', 'web/old-metadata.json'))).to.equal(undefined);
    expect(namesIn([])).to.equal(undefined);
  });
});

describe('the web page opened from disk', function () {
  this.timeout(240_000);
  useBackend();
  const browser = useBrowser();
  let run: string;
  let model: string;
  let photo: string;
  let expected: Map<string, number>;

  before('export a model, and classify in Node', async () => {
    run = temporaryDirectory();
    model = join(run, 'model');
    cpSync(await exportedRandomModel(), model, {recursive: true});
    photo = join(temporaryDirectory(), 'photo.png');
    writeFileSync(photo, await createPhoto(1));
    const loaded = await loadModel(model);
    const predictions = await loaded.classify(photo);
    loaded.dispose();
    expected = new Map(predictions.map(({className, probability}) => [className, probability]));
  });

  /** A copy of the model without its weights. */
  const damagedModel = (): string => {
    const damaged = join(temporaryDirectory(), 'damaged');
    cpSync(model, damaged, {recursive: true});
    rmSync(join(damaged, 'group1-shard1of1.bin'));
    return damaged;
  };

  const expectAnswer = async (page: Page): Promise<void> => {
    const bars = await upload(page, photo);
    expect(bars.size).to.equal(expected.size);
    for (const [className, probability] of expected)
      expect(bars.get(className), className).to.be.closeTo(probability, PNG_TOLERANCE);
  };

  it('asks for the folder, and classifies beside the page, on WebAssembly', async () => {
    const {page, problems} = await openFromDisk(browser(), model);
    await waitForAnswer(page, '^Opened from disk$');
    expect(await textOf(page, '#detail')).to.include('nothing leaves this computer');
    await chooseFolder(page, model);
    await waitUntilReady(page);
    expect(await textOf(page, '#facts')).to.match(/^Runs onWebAssemblyInput32 × 32$/);
    expect(await page.$eval('#choose-folder', button => button.checkVisibility())).to.equal(false);
    await expectAnswer(page);
    await page.click('.switch');
    await waitForImage(page, 'photo.png, with where the model looks for ');
    expect(problems).to.deep.equal([]);
    await page.close();
  });

  for (const [backend, title] of Object.entries({webgl: 'WebGL', cpu: 'JavaScript'}))
    it(`classifies on ${title}`, async () => {
      const {page, problems} = await openFromDisk(browser(), model, `?backend=${backend}`);
      await chooseFolder(page, model);
      await waitUntilReady(page);
      expect(await textOf(page, '#facts')).to.match(new RegExp(`^Runs on${title}Input`));
      await expectAnswer(page);
      expect(problems).to.deep.equal([]);
      await page.close();
    });

  it('classifies without a worker, after a damaged folder too, and takes the folder of the run', async () => {
    const {page, problems} = await openFromDisk(browser(), model, '', withoutWorkers);
    await chooseFolder(page, damagedModel());
    await waitForAnswer(page, 'cannot be loaded$');
    await chooseFolder(page, run);
    await waitUntilReady(page);
    expect(await textOf(page, '#facts')).to.match(/^Runs onWebAssemblyWithout a worker/);
    await expectAnswer(page);
    expect(problems).to.deep.equal([]);
    await page.close();
  });

  it('goes on where the folder has no binary of WebAssembly, and says so', async () => {
    const copy = join(temporaryDirectory(), 'copy');
    cpSync(model, copy, {recursive: true});
    rmSync(join(copy, 'web/tfjs-backend-wasm-simd.wasm'));
    const {page} = await openFromDisk(browser(), model);
    await chooseFolder(page, copy);
    await waitUntilReady(page);
    expect(await textOf(page, '#facts')).to.match(
      /^Runs on(WebGL|JavaScript)WebAssembly failedweb\/tfjs-backend-wasm-simd\.wasm is not there/,
    );
    await expectAnswer(page);
    await page.close();
  });

  it('asks again after a folder that is none, or lacks a file', async () => {
    const other = join(temporaryDirectory(), 'photos');
    mkdirSync(other);
    writeFileSync(join(other, 'notes.txt'), 'no model');
    const {page, problems} = await openFromDisk(browser(), model);
    await chooseFolder(page, other);
    await waitForAnswer(page, '^There is no model in this folder$');
    await chooseFolder(page, damagedModel());
    await waitForAnswer(page, 'cannot be loaded$');
    expect(await textOf(page, '#detail')).to.match(
      /group1-shard1of1\.bin is not there\. Copy the whole folder/,
    );
    await chooseFolder(page, model);
    await waitUntilReady(page);
    await expectAnswer(page);
    // The worker of the damaged model has ended.
    expect(page.workers()).to.have.lengthOf(1);
    expect(problems).to.deep.equal([]);
    await page.close();
  });

  it('says what to do in a browser that lets no folder be chosen', async () => {
    const {page} = await openFromDisk(browser(), model, '', open =>
      open.evaluateOnNewDocument(() =>
        Reflect.deleteProperty(HTMLInputElement.prototype, 'webkitdirectory'),
      ),
    );
    await waitForAnswer(page, '^Open this page through a web server$');
    expect(await textOf(page, '#detail')).to.include('finetune try');
    await page.close();
  });
});
