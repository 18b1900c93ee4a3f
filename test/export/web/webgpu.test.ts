import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {loadModel} from '../../../src/export/load-model.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {exportedRandomModel} from '../../helpers/examples.js';
import {createPhoto} from '../../helpers/photos.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {
  openModelPage,
  PNG_TOLERANCE,
  stopModelServers,
  textOf,
  upload,
  waitForImage,
  waitUntilReady,
} from '../../helpers/web-page.js';

describe('the web page on WebGPU', function () {
  this.timeout(240_000);
  useBackend();
  const browser = useBrowser(async () => [
    '--enable-unsafe-webgpu',
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
    '--use-webgpu-adapter=swiftshader',
  ]);
  let model: string;
  let photo: string;

  before('export a model', async () => {
    model = await exportedRandomModel();
    photo = join(temporaryDirectory(), 'photo.png');
    writeFileSync(photo, await createPhoto(1));
  });
  after(stopModelServers);

  it('gives the probabilities of Node', async function () {
    const {page, problems} = await openModelPage(browser(), model, '?backend=webgpu');
    const hasAdapter = await page.evaluate(async () => {
      const {gpu} = navigator as {gpu?: {requestAdapter(): Promise<unknown>}};
      return (await gpu?.requestAdapter()) != null;
    });
    if (!hasAdapter) {
      this.test!.title += ' (skipped: this Chromium has no adapter)';
      this.skip();
    }
    await waitUntilReady(page);
    expect(await textOf(page, '#facts')).to.match(/^Runs onWebGPU/);
    const bars = await upload(page, photo);
    const loaded = await loadModel(model);
    for (const {className, probability} of await loaded.classify(photo))
      expect(bars.get(className), className).to.be.closeTo(probability, PNG_TOLERANCE);
    loaded.dispose();
    await page.click('.switch');
    await waitForImage(page, 'photo.png, with where the model looks for ');
    expect(problems).to.deep.equal([]);
  });

  it('is not chosen where a program imitates the GPU: WebAssembly is faster', async () => {
    const {page} = await openModelPage(browser(), model);
    await waitUntilReady(page);
    expect(await textOf(page, '#facts')).to.match(/^Runs onWebAssembly/);
  });
});
