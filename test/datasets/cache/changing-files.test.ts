import {execFileSync} from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {TORCHVISION_PREPROCESSING} from '../../../src/core/preprocessing.js';
import {checkImages} from '../../../src/datasets/inspection/check.js';
import {openImageCache, type ImageCache} from '../../../src/datasets/cache/image-cache.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import type {ProcessingOptions} from '../../../src/datasets/cache/unique-images.js';
import {besidesSize} from '../../helpers/findings.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {noisy, of, writeImages} from '../../helpers/images.js';

/** What may become of a file, and what is to be told of it. */
interface Change {
  readonly name: string;
  readonly act: (path: string) => void;
  readonly reason: RegExp;
}

const instead = (path: string, make: () => void): void => {
  rmSync(path);
  make();
};

const LOSSES: readonly Change[] = [
  {name: 'is gone', act: path => rmSync(path), reason: /it cannot be opened \(ENOENT\)/},
  {
    name: 'is a folder',
    act: path => instead(path, () => mkdirSync(path)),
    reason: /it is a folder/,
  },
  {
    name: 'is a pipe',
    act: path => instead(path, () => execFileSync('mkfifo', [path])),
    reason: /it is neither a file nor a folder/,
  },
  {
    name: 'is a device',
    act: path => instead(path, () => symlinkSync('/dev/zero', path)),
    reason: /it is neither a file nor a folder/,
  },
  {
    name: 'is a link that leads nowhere',
    act: path => instead(path, () => symlinkSync('x', path)),
    reason: /it cannot be opened \(ENOENT\)/,
  },
  {name: 'is empty', act: path => truncateSync(path, 0), reason: /it is empty/},
  {name: 'is text', act: path => writeFileSync(path, 'text'), reason: /its bytes are no image/},
  {name: 'is cut off', act: path => truncateSync(path, 300), reason: /it is damaged or cut off/},
  {
    name: 'has grown beyond all bounds',
    act: path => truncateSync(path, 600 * 2 ** 20),
    reason: /it is larger than 512 MiB/,
  },
];

describe('a file that changes during a run', function () {
  if (process.platform === 'win32') return;
  this.timeout(60_000);

  let [root, folder]: [string, ImageFolder | undefined] = ['', undefined];
  const changed = (): string => join(root, 'a/5.png');
  beforeEach(async () => {
    root = temporaryDirectory();
    await writeImages(root, [...of('a', 12), ...of('b', 12)]);
    folder = await loadImageFolder(root);
  });

  const open = (work: ProcessingOptions = {}, budgetBytes = Infinity): Promise<ImageCache> =>
    openImageCache(
      folder!.samples,
      {...TORCHVISION_PREPROCESSING, resizeSize: 16},
      {
        classNames: folder!.classNames,
        memoryLimitBytes: budgetBytes,
        directory: join(root, '.cache'),
        ...work,
      },
    );

  /** The cache of a folder in which one file changes between its reading and its decoding. */
  async function openWhile(act: (path: string) => void, budgetBytes?: number): Promise<ImageCache> {
    const onProgress = (done: number, total: number, stage: string): void => {
      if (stage === 'reading' && done === total) act(changed());
    };
    return open({onProgress}, budgetBytes);
  }

  for (const {name, act, reason} of LOSSES) {
    it(`${name} is skipped, whenever that happens`, async () => {
      const before = await openWhile(act);
      expect(before.samples).to.have.length(23);
      expect(before.findings.map(({files}) => files)).to.deep.equal([['a/5.png']]);
      // What can be read all the same was changed.
      expect(before.findings[0]!.message).to.match(
        new RegExp(`${reason.source}|it changed while it was read`),
      );
      await before.close();

      const {findings: all, readable, error} = await checkImages(folder!);
      const findings = besidesSize(all);
      expect([readable.length, error]).to.deep.equal([23, undefined]);
      const lost = findings.filter(({code}) => code !== 'very-low-resolution'); // as all of them are
      expect(lost.map(({code, files}) => [code, files])).to.deep.equal([
        ['unreadable-image', ['a/5.png']],
      ]);
      expect(lost[0]!.message).to.match(reason);

      const after = await open({}, 0);
      expect(after.findings).to.deep.equal(lost);
      await after.close();
    });
  }

  it('grows by a tail that no decoder reads is another file', async () => {
    const cache = await openWhile(path => appendFileSync(path, 'tail'));
    expect(cache.findings.map(({message}) => message)).to.deep.equal([
      'Skipped a/5.png: it changed while it was read.',
    ]);
    await cache.close();
    const again = await open();
    expect(again.findings).to.deep.equal([]);
    await again.close();
  });

  it('is another image by then is skipped in this run, and used by the next', async () => {
    const other = await noisy(99, 20, 16).png().toBuffer();
    const cache = await openWhile(path => writeFileSync(path, other), 0);
    expect(cache.findings.map(({message}) => message)).to.deep.equal([
      'Skipped a/5.png: it changed while it was read.',
    ]);
    await cache.close();
    const again = await open({}, 0);
    expect(again.samples).to.have.length(24);
    await again.close();
  });

  it('is back for the next run is taken again, from a file of pixels that was made meanwhile too', async () => {
    const bytes = readFileSync(changed());
    const cache = await openWhile(path => rmSync(path), 0);
    expect(cache.samples).to.have.length(23);
    await cache.close();
    writeFileSync(changed(), bytes);
    for (const time of ['first', 'second']) {
      const again = await open({}, 0);
      expect(again.findings, time).to.deep.equal([]);
      expect(
        (await again.image(again.samples.find(({name}) => name === 'a/5.png')!)).height,
      ).to.equal(16);
      await again.close();
    }
  });

  it('is gone with its whole class ends the run in a sentence', async () => {
    rmSync(join(root, 'a'), {recursive: true});
    const {error} = await checkImages(folder!);
    expect(error!.message).to.match(
      /^Class a has no images in .* that can be read, such as .*a\/0\.png \(it cannot be opened \(ENOENT\)\)\./,
    );
    expect(error).to.include({code: 'CLASS_EMPTY', exitCode: 3});
  });
});
