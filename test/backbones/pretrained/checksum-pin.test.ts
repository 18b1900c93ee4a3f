import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {expect} from 'chai';
import {pinPath, readPin} from '../../../src/backbones/pretrained/checksum-pin.js';
import {ChecksumMismatchError} from '../../../src/backbones/pretrained/download.js';
import {
  locatePretrained,
  locateWeights,
  type LocateOptions,
} from '../../../src/backbones/pretrained/locate-weights.js';
import {
  getPretrained,
  type PretrainedWeights,
} from '../../../src/backbones/pretrained/pretrained.js';
import type {Finding} from '../../../src/core/finding.js';
import {serve, stopServers} from '../../helpers/loopback.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

describe('weights whose publisher gives no checksum', () => {
  let home: string;
  let published: string;
  let card: PretrainedWeights;
  let path: string;
  let infos: string[];
  let findings: Finding[];
  let options: LocateOptions & {environment: NodeJS.ProcessEnv};

  beforeEach(async () => {
    home = temporaryDirectory();
    published = 'weights';
    const {url} = await serve((_, response) => response.end(published));
    card = {...getPretrained('dino', 'resnet50'), url};
    path = join(home, 'own', 'weights', card.file);
    [infos, findings] = [[], []];
    options = {
      environment: {HOME: home, FINETUNE_CACHE: join(home, 'own')},
      onInfo: message => infos.push(message),
      onFinding: finding => findings.push(finding),
      catalog: [card],
    };
  });
  afterEach(stopServers);

  it('have the checksum of the first download kept, in the format of sha256sum, which is said once', async () => {
    await locatePretrained(card, options);
    expect(readFileSync(pinPath(path), 'utf8')).to.equal(
      `${sha256('weights')}  ${basename(path)}\n`,
    );
    await locatePretrained(card, options);
    expect(infos).to.deep.equal([
      `The publisher of resnet50.dino gives no checksum. The sha256 of this first file, ${sha256('weights')}, is kept in ${path}.sha256: later runs accept no other.`,
    ]);
  });

  it('have that of a file put there by hand kept', async () => {
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, 'by hand');
    expect(await locatePretrained(card, options)).to.include({path, source: 'cache'});
    expect(readPin(path)).to.equal(sha256('by hand'));
  });

  it('are downloaded again if the file has changed since', async () => {
    await locatePretrained(card, options);
    writeFileSync(path, 'damaged');
    expect(await locatePretrained(card, options)).to.include({path, source: 'download'});
    expect(findings.map(({message}) => message)).to.deep.equal([
      `The sha256 of ${path} begins with ${sha256('damaged')} instead of ${sha256('weights')}. It is not used; delete it.`,
    ]);
    expect(readFileSync(path, 'utf8')).to.equal('weights');
  });

  it('are refused if the server has another file later, until the user accepts it', async () => {
    await locatePretrained(card, options);
    rmSync(path);
    published = 'something else';
    const error = await rejectionOf(locatePretrained(card, options));
    expect(error).to.be.instanceOf(ChecksumMismatchError);
    expect(error.message).to.equal(
      `The sha256 of ${card.url}/ begins with ${sha256('something else')} instead of ${sha256('weights')}, which it had at its first download. The file was discarded. ` +
        `If its publisher has replaced it, delete ${path}.sha256 and try again.`,
    );
    rmSync(pinPath(path));
    await locatePretrained(card, options);
    expect(readPin(path)).to.equal(sha256('something else'));
  });

  it('are kept again if what was kept is no checksum', async () => {
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, 'weights');
    writeFileSync(pinPath(path), 'nonsense');
    await locatePretrained(card, options);
    expect(readPin(path)).to.equal(sha256('weights'));
  });

  it('are used where no checksum can be kept, which is said', async () => {
    mkdirSync(pinPath(path), {recursive: true});
    expect(await locatePretrained(card, options)).to.include({path, source: 'download'});
    expect(infos).to.have.length(1);
    expect(infos[0]).to.match(
      /^The publisher of resnet50\.dino gives no checksum\. That of this file cannot be kept \(.*EISDIR.*\): later runs cannot check it\.$/,
    );
  });

  it("are not taken from torch's cache, where the name proves nothing", async () => {
    const torch = join(home, '.cache', 'torch', 'hub', 'checkpoints', card.file);
    mkdirSync(dirname(torch), {recursive: true});
    writeFileSync(torch, 'anything');
    expect(await locatePretrained(card, options)).to.include({path, source: 'download'});
  });

  it('do not lend their preprocessing to a file of that name', async () => {
    const own = join(home, card.file);
    writeFileSync(own, 'anything');
    expect(await locateWeights(own, 'resnet50', options)).to.deep.equal({
      path: own,
      source: 'file',
    });
    expect(infos).to.deep.equal([
      `${own} has the name of resnet50.dino, whose publisher gives no checksum. It is read like other files; --weights resnet50.dino preprocesses as its publisher does.`,
    ]);
  });
});
