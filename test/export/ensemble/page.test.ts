import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, extname, join} from 'node:path';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import {exportEnsemble} from '../../../src/export/ensemble/export-ensemble.js';
import {VOTES} from '../../../src/export/ensemble/vote.js';
import {loadModel} from '../../../src/export/load-model.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {differentMembers} from '../../helpers/ensembles.js';
import {serve} from '../../helpers/loopback.js';
import {createPhoto} from '../../helpers/photos.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const require = createRequire(import.meta.url);
const TFJS = join(dirname(require.resolve('@tensorflow/tfjs/package.json')), 'dist/tf.min.js');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
};

/** Browsers scale images in their own way, which moves a probability by less than this. */
const TOLERANCE = 0.02;

describe('the web page of an exported ensemble', function () {
  this.timeout(180_000);
  useBackend();
  const browser = useBrowser();
  let members: string[];
  let photo: string;

  before('export models that differ', async () => {
    members = await differentMembers();
    photo = join(temporaryDirectory(), 'photo.png');
    writeFileSync(photo, await createPhoto(3));
  });

  /** Opens the page of an exported ensemble as a static web server serves it. */
  async function openPage(directory: string): Promise<Page> {
    const {url} = await serve((request, response) => {
      const path = join(directory, new URL(request.url!, 'http://localhost').pathname);
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
    return page;
  }

  const statusOf = (page: Page): Promise<string> =>
    page.$eval('[role=status]', status => status.textContent);

  const waitForStatus = (page: Page, pattern: string): Promise<unknown> =>
    page.waitForFunction(`/${pattern}/.test(document.querySelector('[role=status]').textContent)`);

  /** Titles and values of a table. */
  const rowsOf = (page: Page, table: string): Promise<[string, number][]> =>
    page.$$eval(`#${table} tr`, rows =>
      rows.map((row): [string, number] => [
        row.querySelector('th')!.textContent,
        Number(row.querySelector('data')!.value),
      ]),
    );

  for (const vote of VOTES) {
    it(`gives an image the probabilities that Node gives it, and those of each network: ${vote}`, async () => {
      const directory = join(temporaryDirectory(), 'ensemble');
      await exportEnsemble(members, directory, {vote});
      const model = await loadModel(directory);
      const here = await model.classify(photo);
      model.dispose();
      const page = await openPage(directory);
      await waitForStatus(page, 'Ready');
      await (await page.$('input[type=file]'))!.uploadFile(photo);
      await waitForStatus(page, '%$');
      const rows = await rowsOf(page, 'classes');
      const values = rows.map(([, value]) => value);
      expect(values).to.deep.equal(values.toSorted((a, b) => b - a));
      const there = new Map(rows);
      expect(there.size).to.equal(here.length);
      for (const {className, probability} of here)
        expect(there.get(className), className).to.be.closeTo(probability, TOLERANCE);
      const networks = await rowsOf(page, 'members');
      expect(networks.map(([name]) => name)).to.deep.equal(['first', 'second', 'third']);
      for (const [i, [, probability]] of networks.entries()) {
        const alone = await loadModel(members[i]!);
        const [best] = await alone.classify(photo, {top: 1});
        expect(probability).to.be.closeTo(best.probability, TOLERANCE);
        alone.dispose();
      }
    });
  }

  it('says what it cannot read, and takes the next image', async () => {
    const directory = join(temporaryDirectory(), 'ensemble');
    await exportEnsemble(members.slice(0, 1), directory);
    const page = await openPage(directory);
    await waitForStatus(page, 'Ready');
    const text = join(temporaryDirectory(), 'notes.png');
    writeFileSync(text, 'no image');
    const input = (await page.$('input[type=file]'))!;
    await input.uploadFile(text);
    await waitForStatus(page, 'cannot');
    expect(await statusOf(page)).to.match(
      /^notes\.png cannot be classified: .* Choose another image\.$/,
    );
    await input.uploadFile(photo);
    await waitForStatus(page, '%$');
  });

  it('says that it cannot be loaded where its record is damaged, and what to do', async () => {
    const directory = join(temporaryDirectory(), 'ensemble');
    await exportEnsemble(members.slice(0, 1), directory);
    writeFileSync(join(directory, 'ensemble.json'), '{}');
    const page = await openPage(directory);
    await waitForStatus(page, 'cannot be loaded');
    expect(await statusOf(page)).to.match(
      /Serve this folder by a web server, such as npx serve\.$/,
    );
  });
});
