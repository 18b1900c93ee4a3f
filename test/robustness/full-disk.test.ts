import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {cacheDirectory} from '../../src/core/files/cache-directory.js';
import {backendsDirectory} from '../../src/backend/install/backend-directory.js';
import {drawImages, finetune, SMALL_RUN, type Ended} from '../helpers/program.js';
import {useBackend} from '../helpers/backend.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {treeHash} from '../helpers/tree-hash.js';
import {expectEnded, expectSentence} from '../helpers/expect-ended.js';

describe('a disk that is full', function () {
  if (process.platform === 'win32') return;
  this.timeout(120_000);
  useBackend();

  let [cwd, cache, hash] = ['', '', ''];
  before(async () => {
    cwd = temporaryDirectory();
    cache = join(cwd, 'cache');
    mkdirSync(cache);
    hash = treeHash(await drawImages(cwd, 12));
  });
  afterEach(() => expect(treeHash(join(cwd, 'images')), 'the dataset').to.equal(hash));

  /** The backend stays where it is. */
  const linkBackends = (): void =>
    symlinkSync(backendsDirectory(cacheDirectory()), join(cache, 'engines'));

  const train = (out: string, more: readonly string[], fileLimit?: number): Promise<Ended> =>
    finetune(['--data', 'images', ...SMALL_RUN, '--last-stage', '1', '--out', out, ...more], {
      cwd,
      environment: {FINETUNE_CACHE: cache},
      ...(fileLimit !== undefined && {fileLimit}),
    });
  const pixelFiles = (): string[] =>
    readdirSync(join(cache, 'images')).filter(name => name.includes('pixels-'));
  const TO_FILES = ['--cache-memory', '0.00001'];

  describe('for the cache', () => {
    let mounted = false;
    before(function () {
      mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', cache]).status === 0;
      if (!mounted) {
        console.log('      (skipped: this user may not mount a small file system)');
        this.skip();
      }
      linkBackends();
    });
    after(() => {
      if (mounted) execFileSync('umount', [cache]);
    });

    it('does not end a run that must file its pixels, and leaves nothing there', async () => {
      const ended = await train('runs/pixels', TO_FILES);
      expectEnded(ended, 0);
      const reported = ended.stderr.replaceAll(/\s+/g, ' ');
      expect(reported).to.match(
        /1 MiB of decoded images cannot be kept at \S+ \(no space is left on the device\), so they are decoded again/,
      );
      expect(pixelFiles()).to.deep.equal([]);
    });

    it('does not end a run that only would have filed its features', async () => {
      expectEnded(await train('runs/features', ['--cache-disk', '1']), 0);
    });
  });

  it('when no file may grow ends the run where it must be written, with the path', async () => {
    linkBackends();
    const ended = await train('runs/limited', TO_FILES, 64);
    expectSentence(
      ended,
      1,
      /^error runs\/limited\/checkpoints\/best\/weights\.safetensors: the file may not grow so large\. Raise /,
    );
    expect(ended.stderr).to.match(/decoded images/);
    expect(pixelFiles()).to.deep.equal([]);
    expect(readdirSync(join(cwd, 'runs/limited/checkpoints/best'))).to.deep.equal([]);
  });

  it('does not end a check, which would only have kept what it saw', async () => {
    const options = {cwd, environment: {FINETUNE_CACHE: cache}, fileLimit: 1};
    expectEnded(await finetune(['check', 'images'], options), 0);
    expect(
      readdirSync(join(cache, 'inspections')).filter(name => !name.startsWith('duplicates-')),
    ).to.deep.equal([]); // those are a few bytes
  });

  it('for the run itself ends it in a sentence', async () => {
    expectSentence(
      await train('runs/small', [], 16),
      1,
      /^error \S*(runs\/small\/|finetune-graph-)\S+: the file may not grow so large\. Raise the limit/,
    );
  });
});
