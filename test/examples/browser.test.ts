import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, extname, join} from 'node:path';
import {expect} from 'chai';
import {useBackend} from '../helpers/backend.js';
import {useBrowser} from '../helpers/browser.js';
import {drawnFolder} from '../helpers/drawn-folder.js';
import {EXAMPLES, exportedRandomModel} from '../helpers/examples.js';
import {serve} from '../helpers/loopback.js';

const require = createRequire(import.meta.url);
const TFJS = join(dirname(require.resolve('@tensorflow/tfjs/package.json')), 'dist/tf.min.js');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
};

describe('the browser example', function () {
  this.timeout(120_000);
  useBackend();
  const browser = useBrowser();

  it('classifies an image that is chosen in the page', async () => {
    const model = await exportedRandomModel();
    const {url} = await serve((request, response) => {
      const name = request.url!.slice(1);
      const path = name.startsWith('model/')
        ? join(model, name.slice('model/'.length))
        : join(EXAMPLES, 'browser', name);
      if (!existsSync(path)) return void response.writeHead(404).end();
      const type = TYPES[extname(path)] ?? 'application/octet-stream';
      response.writeHead(200, {'content-type': type}).end(readFileSync(path));
    });
    const page = await browser().newPage();
    await page.setRequestInterception(true);
    page.on('request', request => {
      void (request.url().startsWith('https:')
        ? request.respond({contentType: 'text/javascript', body: readFileSync(TFJS)})
        : request.continue());
    });
    await page.goto(`${url}/index.html`);
    await page.waitForFunction(
      "document.querySelector('output').textContent === 'Choose an image'",
    );
    const input = (await page.$('input[type=file]'))!;
    await input.uploadFile(join(await drawnFolder({perClass: 1}), 'plain', '0.png'));
    await page.waitForFunction("document.querySelector('output').textContent.endsWith('%')");
    const text = await page.$eval('output', output => output.textContent);
    expect(text).to.match(/^(dotted|plain|striped) \d+\.\d %$/);
  });
});
