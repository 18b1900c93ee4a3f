import {existsSync, readFileSync} from 'node:fs';
import type {RequestListener} from 'node:http';
import {createRequire} from 'node:module';
import {dirname, extname, join} from 'node:path';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import {useBackend} from '../helpers/backend.js';
import {useBrowser} from '../helpers/browser.js';
import {drawnFolder} from '../helpers/drawn-folder.js';
import {EXAMPLES, exportedRandomModel} from '../helpers/examples.js';
import {serve} from '../helpers/loopback.js';

const require = createRequire(import.meta.url);
const TFJS = join(dirname(require.resolve('@tensorflow/tfjs/package.json')), 'dist/tf.min.js');
const CDN = 'https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@4.22.0/dist/tf.min.js';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
};

/** An example as its reader serves it: with the exported model next to it, and tfjs from here instead of its network. */
const website =
  (example: string, model: string): RequestListener =>
  ({url = '/'}, response) => {
    const name = url === '/' ? 'index.html' : url.slice(1);
    const path =
      name === 'tf.min.js'
        ? TFJS
        : name.startsWith('model/')
          ? join(model, name.slice('model/'.length))
          : join(EXAMPLES, example, name);
    if (!existsSync(path)) return void response.writeHead(404).end();
    const type = TYPES[extname(path)];
    const bytes = readFileSync(path);
    response
      .writeHead(200, {'content-type': type ?? 'application/octet-stream'})
      .end(type === undefined ? bytes : bytes.toString().replaceAll(CDN, '/tf.min.js'));
  };

describe('the browser examples', function () {
  this.timeout(120_000);
  useBackend();
  const browser = useBrowser();

  let [model, image] = ['', ''];
  before(async () => {
    model = await exportedRandomModel();
    image = join(await drawnFolder({perClass: 1}), 'plain', '0.png');
  });

  const chooseImageReady = (page: Page): Promise<unknown> =>
    page.waitForFunction("document.querySelector('output').textContent === 'Choose an image'");

  /** Chooses a file in the page. @returns what the page says in the end */
  async function classify(page: Page, path: string, end = /%$/): Promise<string> {
    await chooseImageReady(page);
    const input = (await page.$('input[type=file]'))!;
    await input.uploadFile(path);
    await page.waitForFunction(
      `${String(end)}.test(document.querySelector('output').textContent)`,
      {},
    );
    return page.$eval('output', output => output.textContent);
  }

  it('browser classifies an image that is chosen in the page', async () => {
    const page = await browser().newPage();
    await page.goto((await serve(website('browser', model))).url);
    expect(await classify(page, image)).to.match(/^(dotted|plain|striped) \d+\.\d %$/);
  });

  it('service-worker classifies, also without its server, and refuses what is no image', async () => {
    const {url, close} = await serve(website('service-worker', model));
    const page = await browser().newPage();
    await page.goto(url);
    const answer = await classify(page, image);
    expect(answer).to.match(/^(dotted|plain|striped) \d+\.\d %$/);
    await close();
    await page.reload();
    expect(await classify(page, image)).to.equal(answer);
    await page.reload();
    expect(await classify(page, TFJS, /decoded/)).to.match(/The source image could not be decoded/);
  });

  it('electron shows what its main process answers', async () => {
    const page = await browser().newPage();
    await page.evaluateOnNewDocument(`window.finetune = {
      classify: async bytes => ({className: 'of ' + bytes.length + ' bytes', probability: 0.5}),
    };`);
    await page.goto((await serve(website('electron', model))).url);
    expect(await classify(page, image)).to.equal(`of ${readFileSync(image).length} bytes 50.0 %`);
  });
});
