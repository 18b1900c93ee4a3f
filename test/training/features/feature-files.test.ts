import {expect} from 'chai';
import {readdir, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {FeatureFileCache} from '../../../src/training/features/feature-files.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('files of features', () => {
  let directory: string;
  beforeEach(() => (directory = temporaryDirectory()));

  /** A file of 100 bytes that was used so many hours ago. */
  async function write(name: string, hours: number): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, Buffer.alloc(100));
    const then = new Date(Date.now() - hours * 3_600_000);
    await utimes(path, then, then);
    return path;
  }

  it('are named by the beginning of their key', () => {
    expect(new FeatureFileCache('/x').path('0123456789'.repeat(7))).to.equal(
      '/x/01234567890123456789012345678901.features',
    );
  });

  it('make room for new ones, those first that were used longest ago', async () => {
    for (const [name, hours] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ] as const)
      await write(`${name}.features`, hours);
    const files = new FeatureFileCache(directory, 400);
    expect(await files.evictFor(100)).to.equal(true);
    expect((await readdir(directory)).sort()).to.deep.equal([
      'a.features',
      'b.features',
      'c.features',
    ]);
    expect(await files.evictFor(250)).to.equal(true);
    expect(await readdir(directory)).to.deep.equal(['b.features']);
  });

  it('do not make room by what this run uses', async () => {
    const [old] = [await write('a.features', 5), await write('b.features', 1)];
    const files = new FeatureFileCache(directory, 250);
    await files.markUsed(old);
    expect(await files.availableBytes()).to.equal(150);
    expect(await files.evictFor(151)).to.equal(false);
    expect(await files.evictFor(150)).to.equal(true);
    expect(await readdir(directory)).to.deep.equal(['a.features']);
  });

  it('are used last when they were used now', async () => {
    const [first] = [await write('a.features', 5), await write('b.features', 1)];
    await new FeatureFileCache(directory, 200).markUsed(first);
    await new FeatureFileCache(directory, 200).evictFor(100);
    expect(await readdir(directory)).to.deep.equal(['a.features']);
  });

  it('leave what another run is writing, and remove what a killed one left a day ago', async () => {
    await write('a.features.1.part', 1);
    await write('b.features.2.part', 25);
    await new FeatureFileCache(directory, 100).evictFor(100);
    expect(await readdir(directory)).to.deep.equal(['a.features.1.part']);
  });

  it('may take a quarter of the disk that is free unless told', async () => {
    expect(await new FeatureFileCache(directory).availableBytes()).to.be.above(0);
    expect(await new FeatureFileCache(directory, 0).availableBytes()).to.equal(0);
  });

  it('have no room in a folder that cannot be', async () => {
    await writeFile(join(directory, 'file'), '');
    const files = new FeatureFileCache(join(directory, 'file', 'folder'));
    expect([await files.availableBytes(), await files.evictFor(1)]).to.deep.equal([0, false]);
  });
});
