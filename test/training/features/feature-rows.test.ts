import {expect} from 'chai';
import {mkdir, readdir, readFile, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {
  featureBytes,
  FeatureCacheNotWritableError,
  storeRows,
  openRows,
  type FeatureRows,
  type RowFormat,
} from '../../../src/training/features/feature-rows.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const POOLED: RowFormat = {shape: [3], count: 5};
const MAPS: RowFormat = {shape: [1, 1, 3], count: 5};

/** Row i is [i, i + 1/3, -i]; two rows at a time. */
async function* rows(fail?: () => void): AsyncGenerator<Float32Array> {
  for (let first = 0; first < 5; first += 2) {
    const indices = [first, first + 1].filter(index => index < 5);
    yield Float32Array.from(indices.flatMap(index => [index, index + 1 / 3, -index]));
    fail?.();
  }
}

async function rowOf(kept: FeatureRows, index: number): Promise<number[]> {
  const into = new Float32Array(4);
  await kept.copy(index, into, 1);
  return [...into];
}

describe('rows of features', () => {
  let directory: string;
  beforeEach(() => (directory = temporaryDirectory()));
  const path = (): string => join(directory, 'some.features');

  for (const [what, inMemory] of [
    ['in memory', true],
    ['in a file', false],
  ] as const) {
    it(`that are pooled come back from ${what} as they were`, async () => {
      const kept = await storeRows(POOLED, rows(), inMemory, path());
      expect(await rowOf(kept, 3)).to.deep.equal([0, 3, Math.fround(3 + 1 / 3), -3]);
      expect(await rowOf(kept, 0)).to.deep.equal([0, 0, Math.fround(1 / 3), -0]);
      await kept.close();
    });

    it(`that are maps come back from ${what} as halves`, async () => {
      const kept = await storeRows(MAPS, rows(), inMemory, path());
      expect(await rowOf(kept, 4)).to.deep.equal([0, 4, 4.33203125, -4]);
      await kept.close();
    });

    it(`are found in their file, for use ${what}`, async () => {
      await (await storeRows(POOLED, rows(), true, path())).close();
      const found = await openRows(path(), POOLED, inMemory);
      expect(await rowOf(found!, 1)).to.deep.equal([0, 1, Math.fround(1 + 1 / 3), -1]);
      await found!.close();
    });

    it(`are not found for use ${what} where a byte is another`, async () => {
      await (await storeRows(POOLED, rows(), true, path())).close();
      const bytes = await readFile(path());
      bytes[7]! ^= 1;
      await writeFile(path(), bytes);
      expect(await openRows(path(), POOLED, inMemory)).to.equal(undefined);
    });
  }

  it('take two bytes a number as maps, four pooled', () => {
    expect([featureBytes(MAPS), featureBytes(POOLED)]).to.deep.equal([30, 60]);
  });

  it('are not found where there is no file, or one of another size', async () => {
    expect(await openRows(path(), POOLED, true)).to.equal(undefined);
    await (await storeRows(POOLED, rows(), true, path())).close();
    expect(await openRows(path(), {...POOLED, count: 4}, true)).to.equal(undefined);
  });

  it('stay in memory where no file is wanted', async () => {
    const kept = await storeRows(POOLED, rows(), true);
    expect(await rowOf(kept, 2)).to.deep.equal([0, 2, Math.fround(2 + 1 / 3), -2]);
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('do without a file that cannot be written, where memory holds them', async () => {
    const nowhere = join(directory, 'absent', 'some.features');
    const kept = await storeRows(POOLED, rows(), true, nowhere);
    expect(await rowOf(kept, 4)).to.deep.equal([0, 4, Math.fround(4 + 1 / 3), -4]);
  });

  it('do without a file that cannot be given its name, where memory holds them', async () => {
    await mkdir(join(path(), 'in the way'), {recursive: true});
    const kept = await storeRows(POOLED, rows(), true, path());
    expect(await rowOf(kept, 4)).to.deep.equal([0, 4, Math.fround(4 + 1 / 3), -4]);
    expect(await readdir(directory)).to.have.length(1);
    expect(await rejectionOf(storeRows(POOLED, rows(), false, path()))).to.be.instanceOf(
      FeatureCacheNotWritableError,
    );
  });

  it('say what to do where a file is needed and cannot be written', async () => {
    const nowhere = join(directory, 'absent', 'some.features');
    const error = await rejectionOf(storeRows(POOLED, rows(), false, nowhere));
    expect(error).to.be.instanceOf(FeatureCacheNotWritableError);
    expect(error.message).to.match(
      /^1 MiB of features cannot be kept at .* \(there is no such file or folder\), so they are computed again in every epoch, .* Make room, raise --cache-memory/,
    );
  });

  it('leave no file behind where making them fails', async () => {
    const fail = (): void => {
      throw new RangeError('of the rows');
    };
    for (const inMemory of [true, false]) {
      expect((await rejectionOf(storeRows(POOLED, rows(fail), inMemory, path()))).message).to.equal(
        'of the rows',
      );
      expect(await readdir(directory)).to.deep.equal([]);
    }
  });

  it('say so when their file is cut short while it is in use', async () => {
    const kept = await storeRows(POOLED, rows(), false, path());
    await truncate(path(), 30);
    const error = await rejectionOf(Promise.resolve(kept.copy(4, new Float32Array(3), 0)));
    expect(error).to.include({code: 'FEATURE_CACHE_CORRUPT', exitCode: 1});
    expect(error.message).to.match(
      /^The features in .* were changed, .* Go on by --resume: they are made again\.$/,
    );
    await kept.close();
  });
});
