import {expect} from 'chai';
import {readdir, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {FeatureFiles} from '../../src/training/feature-files.js';
import {temporaryDirectory} from '../helpers/temporary.js';

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
    expect(new FeatureFiles('/x').path('0123456789'.repeat(7))).to.equal('/x/01234567890123456789012345678901.features');
  });

  it('make room for new ones, those first that were used longest ago', async () => {
    for (const [name, hours] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ] as const)
      await write(`${name}.features`, hours);
    const files = new FeatureFiles(directory, 400);
    expect(await files.makeRoom(100)).to.equal(true);
    expect((await readdir(directory)).sort()).to.deep.equal(['a.features', 'b.features', 'c.features']);
    expect(await files.makeRoom(250)).to.equal(true);
    expect(await readdir(directory)).to.deep.equal(['b.features']);
  });

  it('do not make room by what this run uses', async () => {
    const [old] = [await write('a.features', 5), await write('b.features', 1)];
    const files = new FeatureFiles(directory, 250);
    await files.use(old);
    expect(await files.room()).to.equal(150);
    expect(await files.makeRoom(151)).to.equal(false);
    expect(await files.makeRoom(150)).to.equal(true);
    expect(await readdir(directory)).to.deep.equal(['a.features']);
  });

  it('are used last when they were used now', async () => {
    const [first] = [await write('a.features', 5), await write('b.features', 1)];
    await new FeatureFiles(directory, 200).use(first);
    await new FeatureFiles(directory, 200).makeRoom(100);
    expect(await readdir(directory)).to.deep.equal(['a.features']);
  });

  it('leave what another run is writing, and remove what a killed one left a day ago', async () => {
    await write('a.features.1.part', 1);
    await write('b.features.2.part', 25);
    await new FeatureFiles(directory, 100).makeRoom(100);
    expect(await readdir(directory)).to.deep.equal(['a.features.1.part']);
  });

  it('may take a quarter of the disk that is free unless told', async () => {
    expect(await new FeatureFiles(directory).room()).to.be.above(0);
    expect(await new FeatureFiles(directory, 0).room()).to.equal(0);
  });

  it('have no room in a folder that cannot be', async () => {
    await writeFile(join(directory, 'file'), '');
    const files = new FeatureFiles(join(directory, 'file', 'folder'));
    expect([await files.room(), await files.makeRoom(1)]).to.deep.equal([0, false]);
  });
});
