import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {gzipSync} from 'node:zlib';
import {expect} from 'chai';
import {ArchiveError} from '../../../src/datasets/archives/archive-error.js';
import {resolveDataset, NotADatasetError} from '../../../src/datasets/archives/dataset-location.js';
import {findImages} from '../../../src/datasets/discovery/find-images.js';
import {everySample, loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import {SRC} from '../../helpers/in-child.js';
import {storedZip} from '../../helpers/stored-zip.js';
import {tarFile, type TarEntry} from '../../helpers/tar-files.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {plain, writeTree} from '../../helpers/images.js';

type Files = Readonly<Record<string, Uint8Array>>;

async function pets(): Promise<Files> {
  const names = ['cats/1.png', 'cats/2.png', 'dogs/1.png', 'dogs/2.png'];
  const made = names.map(
    async (name, i) =>
      [name, await plain(['red', 'blue', 'lime', 'gold'][i]!, 24, 24).png().toBuffer()] as const,
  );
  return Object.fromEntries(await Promise.all(made));
}

const asTar = (files: Files, ...more: readonly TarEntry[]): Buffer =>
  tarFile([...Object.entries(files).map(([name, content]) => ({name, content})), ...more]);

describe('archives', () => {
  let files: Files;
  let root: string;
  let before: string | undefined;

  const archive = (name: string, bytes: Uint8Array): string => {
    const path = join(root, name);
    writeFileSync(path, bytes);
    return path;
  };
  const kept = (): string => join(root, 'cache', 'archives');
  const left = (): string[] => (existsSync(kept()) ? readdirSync(kept()) : []);

  /** Why something is not taken for a data set. */
  const refusal = async (path: string): Promise<string> => {
    const error: unknown = await loadImageFolder(path).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(
      error instanceof ArchiveError || error instanceof NotADatasetError,
      String(error),
    ).to.equal(true);
    const {message, exitCode} = error as ArchiveError;
    expect(exitCode).to.equal(3);
    return message.replaceAll(root, 'ROOT');
  };

  beforeEach(async () => {
    files = await pets();
    root = temporaryDirectory();
    before = process.env.FINETUNE_CACHE;
    process.env.FINETUNE_CACHE = join(root, 'cache');
  });
  afterEach(() => {
    if (before === undefined) delete process.env.FINETUNE_CACHE;
    else process.env.FINETUNE_CACHE = before;
  });

  for (const [name, make] of [
    ['pets.zip', (of: Files) => storedZip(of)],
    ['pets.tar', (of: Files) => asTar(of)],
    ['pets.tar.gz', (of: Files) => gzipSync(asTar(of))],
    ['pets.tgz', (of: Files) => gzipSync(asTar(of))],
    ['a zip without an extension', (of: Files) => storedZip(of)],
  ] as const) {
    it(`are read like the folder: ${name}`, async () => {
      const path = archive(name, make(files));
      writeTree(join(root, 'pets-folder'), files);
      const [unpacked, folder] = [
        await loadImageFolder(path),
        await loadImageFolder(join(root, 'pets-folder')),
      ];
      expect(unpacked.root).to.equal(path);
      expect(unpacked.classNames).to.deep.equal(folder.classNames);
      expect(unpacked.samples.map(sample => [sample.name, sample.label])).to.deep.equal(
        folder.samples.map(sample => [sample.name, sample.label]),
      );
      expect(unpacked.findings).to.deep.equal(folder.findings);
    });
  }

  it('are unpacked once, and again when they change', async () => {
    const path = archive('pets.zip', storedZip(files));
    const [first] = (await loadImageFolder(path)).samples;
    const {ctimeMs} = statSync(first!.path);
    const again = await loadImageFolder(path);
    expect([again.samples[0]!.path, statSync(first!.path).ctimeMs]).to.deep.equal([
      first!.path,
      ctimeMs,
    ]);
    archive('pets.zip', storedZip({...files, 'birds/1.png': files['cats/1.png']!}));
    expect((await loadImageFolder(path)).classNames).to.deep.equal(['birds', 'cats', 'dogs']);
  });

  it('are taken for validation and test, and by predict', async () => {
    const path = archive('pets.zip', storedZip(files));
    const folder = await loadImageFolder(path, {
      valData: path,
      testData: archive('t.tgz', gzipSync(asTar(files))),
    });
    expect(everySample(folder).map(({name}) => name)).to.include.members([
      'cats/1.png',
      'validation://dogs/2.png',
      'test://cats/2.png',
    ]);
    expect(
      (await findImages([path])).images.map(image => image.split('/').slice(-2).join('/')),
    ).to.deep.equal(Object.keys(files));
  });

  it('are unpacked by parallel processes without harm', async () => {
    const path = archive('pets.tar', asTar(files));
    const script = `
      import {loadImageFolder} from '${SRC}/datasets/discovery/image-folder.js';
      console.log((await loadImageFolder(${JSON.stringify(path)})).samples.length);`;
    const run = (): Promise<{stdout: string}> =>
      promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
        env: process.env,
      });
    const outputs = await Promise.all([run(), run(), run(), run()]);
    expect(outputs.map(({stdout}) => stdout.trim())).to.deep.equal(['4', '4', '4', '4']);
    expect(left()).to.have.length(1);
  });

  it('leave nothing where unpacking is stopped, and remove what a killed process left and what is old', async () => {
    const path = archive('pets.zip', storedZip(files));
    const stop = new AbortController();
    const reported = await loadImageFolder(path, {
      signal: stop.signal,
      onBytes: () => stop.abort(),
    }).catch((error: Error) => error.name);
    expect([reported, left()]).to.deep.equal(['AbortedError', []]);
    const old = join(kept(), 'an-old-one');
    for (const folder of [
      `part-${hostname()}-99999999-x`,
      `part-${hostname()}-${process.pid}-x`,
      'part-elsewhere-99999999-x',
      'an-old-one',
    ]) {
      mkdirSync(join(kept(), folder));
    }
    writeFileSync(join(old, 'archive.json'), '{"names": []}');
    utimesSync(join(old, 'archive.json'), new Date(0), new Date(0));
    await loadImageFolder(path);
    expect(
      left()
        .filter(name => name.startsWith('part-'))
        .sort(),
    ).to.deep.equal(['part-elsewhere-99999999-x', `part-${hostname()}-${process.pid}-x`].sort());
    expect(existsSync(old)).to.equal(false);
  });

  it('without classes are named as they were given, and archives inside with what opens them', async () => {
    const path = archive('pets.zip', storedZip({'inner/more.zip': Buffer.from('PK')}));
    const message = (await loadImageFolder(path).catch((error: Error) => error.message)) as string;
    expect(
      message.startsWith(`${path} has only one class folder, inner; at least 2 are needed. `),
    ).to.equal(true);
    expect(message).to.match(
      /If the images are in an archive there, give it: --data \S+\/inner\/more\.zip\.$/,
    );
  });

  it('with a name that no file may have are refused with the reason', async () => {
    const message = await refusal(
      archive(
        'long.zip',
        storedZip({...files, [`cats/${'x'.repeat(300)}.png`]: files['cats/1.png']!}),
      ),
    );
    expect(message).to.match(
      /^ROOT\/long\.zip cannot be unpacked to \S+: the name is too long\. Make room or/,
    );
  });

  it('skip what macOS adds, and tell of archives inside', async () => {
    const path = archive(
      'pets.zip',
      storedZip({
        ...files,
        '__MACOSX/cats/._1.png': Buffer.from('x'),
        'cats/._2.png': Buffer.from('x'),
        'more/b.zip': Buffer.from('PK'),
      }),
    );
    const {folder, findings} = await resolveDataset(path).then(({root: folder, findings}) => ({
      folder,
      findings,
    }));
    expect(readdirSync(folder).sort()).to.deep.equal(['cats', 'dogs', 'more']);
    expect(readdirSync(join(folder, 'cats'))).to.deep.equal(['1.png', '2.png']);
    expect(findings.map(({code, files: named}) => [code, named])).to.deep.equal([
      ['nested-archive', ['more/b.zip']],
    ]);
  });

  const one = Buffer.from('x');
  for (const [name, more, reason] of [
    [
      '../x.png',
      [{name: '../x.png', content: one}],
      /has an entry that leads out of it, \.\.\/x\.png/,
    ],
    ['cats/../../x.png', [{name: 'cats/../../x.png', content: one}], /leads out of it/],
    [
      'a backslash that leads out',
      [{name: 'cats\\..\\..\\x.png', content: one}],
      /leads out of it/,
    ],
    ['an absolute path', [{name: '/tmp/x.png', content: one}], /absolute path/],
    ['a drive', [{name: 'C:\\x.png', content: one}], /absolute path/],
    ['a name twice', [{name: './cats/1.png', content: one}], /has cats\/1\.png twice/],
    ['a name in another case', [{name: 'cats/1.PNG', content: one}], /one name where case/],
    [
      'a folder in another case',
      [{name: 'Cats/3.png', content: one}],
      /has cats and Cats, one name/,
    ],
    [
      'a name composed otherwise',
      [
        {name: 'cats/\u00e9.png', content: one},
        {name: 'cats/e\u0301.png', content: one},
      ],
      /one name where case/,
    ],
    ['a file and a folder of one name', [{name: 'cats', content: one}], /has cats twice/],
  ] as const) {
    it(`are refused as a zip and as a tar for ${name}, and leave nothing`, async () => {
      const zip = storedZip({
        ...files,
        ...Object.fromEntries(more.map(({name: entry, content}) => [entry, content])),
      });
      for (const path of [
        archive('evil.zip', zip),
        archive('evil.tar', asTar(files, ...more)),
        archive('e.tgz', gzipSync(asTar(files, ...more))),
      ]) {
        const message = await refusal(path);
        expect(message).to.match(reason);
        expect(message).to.match(/Unpack it yourself, check its contents, and give the folder\.$/);
      }
      expect(left()).to.deep.equal([]);
      expect(readdirSync(root).sort()).to.deep.equal(['cache', 'e.tgz', 'evil.tar', 'evil.zip']);
    });
  }

  for (const [name, options, reason] of [
    [
      'a symbolic link',
      {name: 'cats/l.png', type: '2', link: '/etc/passwd'},
      /has a link, cats\/l\.png/,
    ],
    ['a hard link', {name: 'cats/l.png', type: '1', link: 'cats/1.png'}, /has a link/],
    ['a device', {name: 'cats/d', type: '3'}, /neither a file nor a folder/],
    ['a pipe', {name: 'cats/p', type: '6'}, /neither a file nor a folder/],
    ['an entry of an unknown kind', {name: 'cats/s', type: 'S'}, /unknown kind|neither a file/],
    [
      'a name that is no UTF-8',
      {name: '', rawName: Buffer.from('cats/caf\xe9.png', 'latin1'), content: one},
      /not in UTF-8/,
    ],
    [
      'more than there may be',
      {name: 'cats/big.png', size: 8_000_000_000},
      /unpacks to more than .* GB/,
    ],
  ] as const) {
    it(`are refused as a tar for ${name}`, async () => {
      expect(await refusal(archive('evil.tar', asTar(files, options)))).to.match(reason);
      expect(left()).to.deep.equal([]);
    });
  }

  /** Where the second entry of a zip archive is listed: fields of its record from there. */
  const listed = (bytes: Buffer): number => bytes.indexOf(Buffer.from('504b0102', 'hex'));

  it('are refused as a zip for links, pipes, passwords, and compression that is not known', async () => {
    const changed = (change: (bytes: Buffer, at: number) => void): string => {
      const bytes = storedZip(files);
      change(bytes, listed(bytes));
      return archive('evil.zip', bytes);
    };
    const asUnix = (mode: number) => (bytes: Buffer, at: number) => {
      bytes[at + 5] = 3;
      bytes.writeUInt32LE((mode << 16) >>> 0, at + 38);
    };
    expect(await refusal(changed(asUnix(0o120777)))).to.match(/has a link/);
    expect(await refusal(changed(asUnix(0o10644)))).to.match(/neither a file nor a folder/);
    expect(
      await refusal(changed((bytes, at) => ([bytes[at + 8], bytes[at + 10]] = [1, 8]))),
    ).to.match(/is encrypted .*Unpack it with its password/);
    expect(await refusal(changed((bytes, at) => (bytes[at + 10] = 12)))).to.match(
      /in a way that is not supported/,
    );
    expect(left()).to.deep.equal([]);
  });

  it('are refused as a zip for what unpacks to more than there may be', async () => {
    const bytes = storedZip(files);
    bytes.writeUInt32LE(4_000_000_000, listed(bytes) + 24);
    bytes[listed(bytes) + 10] = 8;
    expect(await refusal(archive('bomb.zip', bytes))).to.match(/unpacks to more than .* GB/);
  });

  it('have names in UTF-8, said or not, or in the code page of old', async () => {
    const named = (bytes: string, flag: number): string => {
      const zip = Buffer.from(storedZip({...files, 'cats/XXX.png': files['cats/1.png']!}));
      for (let at = zip.indexOf('XXX'); at >= 0; at = zip.indexOf('XXX', at))
        zip.write(bytes, at, 'latin1');
      for (let at = listed(zip); at >= 0; at = zip.indexOf(Buffer.from('504b0102', 'hex'), at + 1))
        zip[at + 9] = flag;
      return archive('names.zip', zip);
    };
    const lastName = async (path: string): Promise<string | undefined> =>
      (await loadImageFolder(path)).samples.map(({name}) => name).find(name => !(name in files));
    expect(await lastName(named('\xc3\xa9a', 8))).to.equal('cats/éa.png');
    expect(await lastName(named('\xc3\xa8a', 0))).to.equal('cats/èa.png');
    expect(await lastName(named('a\x82b', 0))).to.equal('cats/aéb.png');
    expect(await refusal(named('a\xe9b', 8))).to.match(/not in UTF-8/);
  });

  it('are refused wherever they are cut off or damaged', async () => {
    for (const [name, whole] of [
      ['cut.zip', storedZip(files)],
      ['cut.tar', asTar(files)],
      ['cut.tgz', gzipSync(asTar(files))],
    ] as const) {
      for (const share of [0.1, 0.5, 0.8]) {
        const path = archive(name, whole.subarray(0, Math.floor(whole.length * share)));
        expect(await refusal(path), `${name} ${share}`).to.equal(
          `ROOT/${name} is damaged or cut off. Download or copy it again.`,
        );
      }
    }
    const flipped = storedZip(files);
    flipped[60]! ^= 1;
    expect(await refusal(archive('flipped.zip', flipped))).to.match(/damaged/);
    expect(left()).to.deep.equal([]);
  });

  it('of other kinds, and files that are none, are named with the remedy', async () => {
    for (const [name, bytes, reason] of [
      [
        'a.rar',
        'Rar!\x1a\x07\x01\0',
        /RAR, which is not supported\. Unpack it first \(unrar x \S+\/a\.rar\)/,
      ],
      ['a.7z', '7z\xbc\xaf\x27\x1c', /7z, which is not supported/],
      [
        'a.tar.xz',
        '\xfd7zXZ\0',
        /xz, which is not supported\. Unpack it first \(tar -xJf \S+\/a\.tar\.xz\)/,
      ],
      ["Ann's a.7z", '7z\xbc\xaf\x27\x1c', /7z x '\S+\/Ann'\\''s a\.7z'\)/],
      ['a.tar.zst', '\x28\xb5\x2f\xfd', /Zstandard, which is not supported/],
      ['a.tar.bz2', 'BZh91AY', /bzip2, which is not supported/],
      ['a.json', '{}', /a\.json is a file \(\.json\), and no data set\. Give a folder/],
      ['a.pdf', '%PDF-1.4', /is a file \(PDF\), and no data set/],
      ['empty', '', /is an empty file, and no data set/],
    ] as const) {
      expect(await refusal(archive(name, Buffer.from(bytes, 'latin1'))), name).to.match(reason);
    }
    expect(await refusal(archive('a.png', files['cats/1.png']!))).to.match(
      /is a single image.*finetune predict/,
    );
  });

  it('on the network must be downloaded first', async () => {
    const message = await refusal('https://me:secret@example.org/sets/pets%20v2.zip?token=abc');
    expect(message).to.include(
      "curl --location --output 'pets v2.zip' 'https://example.org/sets/pets%20v2.zip'",
    );
    expect(message).not.to.match(/secret|abc/);
    expect(await refusal('s3://bucket/pets.zip')).to.match(
      /is an address.*with the tools of its service/,
    );
  });

  it('that cannot be written say where and what to do', async () => {
    process.env.FINETUNE_CACHE = archive('a-file', Buffer.from('x'));
    expect(await refusal(archive('pets.zip', storedZip(files)))).to.match(
      /cannot be unpacked to ROOT\/a-file\/archives: .*FINETUNE_CACHE/,
    );
  });
});
