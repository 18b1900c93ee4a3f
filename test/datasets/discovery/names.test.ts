import {mkdirSync, renameSync, rmdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {
  createNameLookup,
  hasRawBytes,
  decodeFileName,
  escapeRawBytes,
  toSystemPath,
} from '../../../src/core/files/file-names.js';
import {checkImages} from '../../../src/datasets/inspection/check.js';
import {findImages} from '../../../src/datasets/discovery/find-images.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder, ImageFolderOptions} from '../../../src/datasets/sample.js';
import {readSplit, toSplitDocument} from '../../../src/datasets/splitting/split-file.js';
import {planSplit} from '../../../src/datasets/splitting/split.js';
import {formatPathList, parsePathList} from '../../../src/core/files/path-list.js';
import {besidesSize} from '../../helpers/findings.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, noisy, of, writeImages} from '../../helpers/images.js';

const NFC = 'caf\u00e9';
const NFD = 'cafe\u0301';
const LATIN1 = 'caf\udce9';

describe('names of files', () => {
  for (const [what, bytes, name, shown] of [
    ['UTF-8', Buffer.from('😀 é'), '😀 é', '😀 é'],
    ['Latin-1', Buffer.from('caf\xe9', 'latin1'), LATIN1, 'caf\\xe9'],
    [
      'both',
      Buffer.concat([Buffer.from('é/'), Buffer.of(0xff, 0x41, 0xe2, 0x82)]),
      'é/\udcffA\udce2\udc82',
      'é/\\xffA\\xe2\\x82',
    ],
    [
      'surrogates, which are no UTF-8',
      Buffer.of(0xed, 0xa0, 0x80),
      '\udced\udca0\udc80',
      '\\xed\\xa0\\x80',
    ],
    ['the sign for what is none', Buffer.from('a\ufffdb'), 'a\ufffdb', 'a\ufffdb'],
  ] as const) {
    it(`keep bytes of ${what}`, () => {
      expect(decodeFileName(bytes)).to.equal(name);
      expect(Buffer.from(toSystemPath(name))).to.deep.equal(bytes);
      expect(escapeRawBytes(name)).to.equal(shown);
      expect(hasRawBytes(name)).to.equal(name !== shown);
      expect(JSON.parse(Buffer.from(JSON.stringify(name)).toString())).to.equal(name);
      expect(parsePathList(Buffer.from(formatPathList([name])).toString())).to.deep.equal([name]);
    });
  }

  it('are found in any spelling, as they are first', () => {
    const find = createNameLookup([
      [NFD, 1],
      ['b', 2],
    ]);
    expect([find(NFC), find(NFD), find('b'), find('c')]).to.deep.equal([1, 1, 2, undefined]);
    const both = createNameLookup([
      [NFC, 1],
      [NFD, 2],
    ]);
    expect([both(NFC), both(NFD)]).to.deep.equal([1, 2]);
  });
});

describe('names in two spellings of accents', () => {
  const load = async (
    images: readonly string[],
    options?: ImageFolderOptions,
  ): Promise<ImageFolder> => {
    const root = temporaryDirectory();
    await writeImages(root, images);
    return loadImageFolder(root, options);
  };

  it('are one class in training, validation and test', async () => {
    const folder = await load([
      `train/${NFD}/1.png`,
      'train/tea/2.png',
      `val/${NFC}/3.png`,
      'val/tea/4.png',
      `test/${NFD}/5.png`,
    ]);
    expect(folder.classNames).to.deep.equal([NFC, 'tea']);
    expect(folder.validation!.map(({label}) => label)).to.deep.equal([0, 1]);
    expect(folder.test!.map(({label}) => label)).to.deep.equal([0]);
    expect(folder.findings.map(({code}) => code)).to.deep.equal(['missing-class']);
  });

  it('are one class where a folder has both', async () => {
    const folder = await load([`${NFD}/1.png`, `${NFC}/1.png`, `${NFC}/2.png`, 'tea/2.png']);
    expect(folder.classNames).to.deep.equal([NFC, 'tea']);
    expect(folder.samples.map(({label}) => label)).to.deep.equal([0, 0, 0, 1]);
    expect(new Set(folder.samples.map(({name}) => name)).size).to.equal(4);
  });

  it('are one in --classes, --exclude and a folder of its own', async () => {
    const other = temporaryDirectory();
    await writeImages(other, [`${NFD}/1.png`]);
    const options = {classes: [NFD, 'tea'], exclude: [`${NFD}/1.png`], valData: other};
    const folder = await load([`${NFC}/1.png`, `${NFC}/2.png`, 'tea/3.png', 'milk/4.png'], options);
    expect(folder.classNames).to.deep.equal([NFC, 'tea']);
    expect(folder.samples.map(({name}) => name)).to.deep.equal([`${NFC}/2.png`, 'tea/3.png']);
    expect(folder.validation).to.have.length(1);
    expect(folder.findings.map(({code}) => code))
      .to.include('excluded')
      .and.not.include('exclude-unmatched');
  });

  it('are one for a folder that is named', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [`${NFD}/a/1.png`, `${NFD}/b/2.png`]);
    for (const name of [NFC, NFD])
      expect((await loadImageFolder(join(root, name))).classNames).to.deep.equal(['a', 'b']);
  });

  it('are one in split.json', async () => {
    const folder = await load([...of(NFC, 3), ...of('tea', 3)]);
    const contents = {
      samples: folder.samples,
      contentHash: ({name}: {readonly name: string}) => name.normalize('NFC'),
    };
    const text = JSON.stringify(
      toSplitDocument(planSplit(folder, contents, {seed: 1, valSplit: 0.3})),
    ).normalize('NFD');
    expect(text).to.include(NFD);
    const path = join(temporaryDirectory(), 'split.json');
    writeFileSync(
      path,
      text.replace(/(?<="sha256":")[^"]*/g, hash => hash.normalize('NFC')),
    );
    const split = await readSplit(path, folder, contents);
    expect([...split.train, ...split.validation]).to.have.length(6);
    expect(split.findings).to.deep.equal([]);
    expect([...split.hashes.keys()].sort()).to.deep.equal(folder.samples.map(({name}) => name));
  });
});

describe('names that are no UTF-8', () => {
  let root: Buffer | undefined;
  beforeEach(async function () {
    const path = temporaryDirectory();
    await writeImages(path, [...of('tea', 3), ...of('milk', 3)]);
    root = Buffer.from(path);
    try {
      mkdirSync(at('probe-', Buffer.of(0xe9)));
    } catch {
      this.skip(); // macOS and Windows take none
    }
  });

  const at = (...pieces: readonly (string | Buffer)[]): Buffer =>
    Buffer.concat([root!, Buffer.from('/'), ...pieces.map(piece => Buffer.from(piece))]);
  const CAFE = Buffer.from('caf\xe9', 'latin1');
  const write = async (seed: number, ...pieces: readonly (string | Buffer)[]): Promise<void> =>
    writeFileSync(at(...pieces), await noisy(seed).png().toBuffer());

  it('of files and of folders in classes are read like others', async () => {
    mkdirSync(at('tea/', CAFE));
    await write(91, 'tea/', CAFE, '.png');
    await write(92, 'tea/', CAFE, '/', CAFE, '.png');
    rmdirSync(at('probe-', Buffer.of(0xe9)));
    const folder = await loadImageFolder(root!.toString());
    const names = folder.samples.map(({name}) => name);
    expect(names)
      .to.include.members([`tea/${LATIN1}.png`, `tea/${LATIN1}/${LATIN1}.png`])
      .and.have.length(8);
    const {findings, readable} = await checkImages(folder);
    expect(besidesSize(findings)).to.deep.equal([]);
    expect(readable).to.have.length(8);
    expect((await findImages([root!.toString()])).images).to.have.length(8);
    const without = await loadImageFolder(root!.toString(), {
      exclude: parsePathList(formatPathList([`tea/${LATIN1}.png`])),
    });
    expect(without.samples).to.have.length(7);
  });

  for (const [what, folder] of [
    ['classes', ''],
    ['classes for validation', 'elsewhere/'],
  ] as const) {
    it(`of ${what} end a run, which says how they are spelled and what to do`, async () => {
      const elsewhere = temporaryDirectory();
      await writeImages(elsewhere, ['tea/1.png', 'milk/2.png']);
      const [data, options] =
        folder === '' ? [root!.toString(), {}] : [elsewhere, {valData: root!.toString()}];
      renameSync(at('probe-', Buffer.of(0xe9)), at(CAFE));
      await write(93, CAFE, '/1.png');
      const error = await failure(loadImageFolder(data, options));
      expect(error).to.include({code: 'INVALID_CLASS_FOLDER', exitCode: 3});
      expect(error.message).to.equal(
        `${join(root!.toString(), 'caf\\xe9')} cannot be used as a folder of images: the bytes of its name are no UTF-8. ` +
          'Rename it, or every such name at once: convmv -f latin1 -t utf8 -r --notest DIR.',
      );
      const checked = await loadImageFolder(data, {...options, collectErrors: true});
      expect(checked.error).to.have.property('code', 'INVALID_CLASS_FOLDER');
    });
  }
});
