import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import {exportEnsemble} from '../../../src/export/ensemble/export-ensemble.js';
import {VOTES} from '../../../src/export/ensemble/vote.js';
import {loadModel} from '../../../src/export/load-model.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {differentMembers} from '../../helpers/ensembles.js';
import {createPhoto} from '../../helpers/photos.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {
  openModelPage,
  PNG_TOLERANCE,
  stopModelServers,
  textOf,
  upload,
  waitForAnswer,
  waitForImage,
  waitUntilReady,
} from '../../helpers/web-page.js';

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
  after(stopModelServers);

  /** Names, best classes and probabilities of the networks one by one. */
  const readNetworks = (page: Page): Promise<[string, string, number][]> =>
    page.$$eval('#members li', items =>
      items.map((item): [string, string, number] => {
        const [name, className] = item.querySelectorAll('span');
        return [
          name!.textContent,
          className!.textContent,
          Number(item.querySelector('data')!.value),
        ];
      }),
    );

  for (const vote of VOTES)
    it(`gives an image the probabilities that Node gives it, and those of each network: ${vote}`, async () => {
      const directory = join(temporaryDirectory(), 'ensemble');
      await exportEnsemble(members, directory, {vote});
      const model = await loadModel(directory);
      const here = await model.classify(photo);
      model.dispose();
      const {page, problems} = await openModelPage(browser(), directory);
      await waitUntilReady(page);
      expect(await textOf(page, '#description')).to.match(/^3 networks together/);
      const there = await upload(page, photo);
      expect(there.size).to.equal(here.length);
      for (const {className, probability} of here)
        expect(there.get(className), className).to.be.closeTo(probability, PNG_TOLERANCE);
      const networks = await readNetworks(page);
      expect(networks.map(([name]) => name)).to.deep.equal(['first', 'second', 'third']);
      for (const [i, [, className, probability]] of networks.entries()) {
        const alone = await loadModel(members[i]!);
        const [best] = await alone.classify(photo, {top: 1});
        expect(className).to.equal(best.className);
        expect(probability).to.be.closeTo(best.probability, PNG_TOLERANCE);
        alone.dispose();
      }
      await page.click('.switch');
      await waitForImage(page, `photo.png, with where the model looks for ${here[0].className}`);
      expect(problems).to.deep.equal([]);
    });

  it('shows no list of networks where there is one', async () => {
    const directory = join(temporaryDirectory(), 'ensemble');
    await exportEnsemble(members.slice(0, 1), directory);
    const {page} = await openModelPage(browser(), directory);
    await waitUntilReady(page);
    await upload(page, photo);
    expect(await page.$eval('#members', details => details.checkVisibility())).to.equal(false);
  });

  it('says that it cannot be loaded where a network is missing, and what to do', async () => {
    const directory = join(temporaryDirectory(), 'ensemble');
    await exportEnsemble(members.slice(0, 2), directory);
    rmSync(join(directory, 'members/second'), {recursive: true});
    const {page} = await openModelPage(browser(), directory);
    await waitForAnswer(page, '^The model cannot be loaded$');
    expect(await textOf(page, '#detail')).to.match(
      /members\/second\/metadata\.json is not there \(404\)\. Copy the whole folder/,
    );
  });
});
