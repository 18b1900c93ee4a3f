import {expect} from 'chai';
import sharp from 'sharp';
import {AbortedError} from '../../../src/core/errors.js';
import {findNearDuplicates} from '../../../src/datasets/duplicates/near-duplicates.js';
import {
  mirrorFingerprint,
  computeFingerprint,
} from '../../../src/datasets/duplicates/fingerprint.js';
import {ALTERED, createPhoto, pixels} from '../../helpers/photos.js';
import {failure} from '../../helpers/images.js';

const fingerprintOf = async (image: Buffer): Promise<Uint8Array> =>
  computeFingerprint(await pixels(image));

describe('computeFingerprint', () => {
  it('holds mean luminances, rows from the top, whatever the size', () => {
    // Left half white, right half black, 64 x 96.
    const data = Uint8Array.from({length: 64 * 96 * 3}, (_, i) =>
      Math.floor(i / 3) % 64 < 32 ? 255 : 0,
    );
    const fingerprint = computeFingerprint({data, width: 64, height: 96});
    expect([
      fingerprint.length,
      fingerprint[0],
      fingerprint[15],
      fingerprint[16],
      fingerprint[1023],
    ]).to.deep.equal([1024, 255, 255, 0, 0]);
    expect([...mirrorFingerprint(fingerprint).subarray(15, 17)]).to.deep.equal([0, 255]);
    expect([
      ...computeFingerprint({data: Uint8Array.of(255, 0, 0), width: 1, height: 1}).slice(0, 2),
    ]).to.deep.equal([77, 77]); // 0.299 of 255
  });
});

describe('findNearDuplicates', function () {
  this.timeout(60_000);

  const others: Uint8Array[] = [];
  before(async () => {
    for (let seed = 0; seed < 60; seed++) others.push(await fingerprintOf(await createPhoto(seed)));
  });

  it('keeps different images apart', async () => {
    expect(await findNearDuplicates(others)).to.deep.equal([]);
  });

  for (const [what, alter] of Object.entries(ALTERED)) {
    it(`finds near-duplicates among others: ${what}`, async () => {
      const duplicates: Uint8Array[] = [];
      for (const seed of [7, 21, 40])
        duplicates.push(await fingerprintOf(await alter(await createPhoto(seed))));
      expect(await findNearDuplicates([...others, ...duplicates])).to.deep.equal([
        [7, 60],
        [21, 61],
        [40, 62],
      ]);
      // In whatever order they come.
      expect(await findNearDuplicates([...duplicates, ...others])).to.deep.equal([
        [0, 10],
        [1, 24],
        [2, 43],
      ]);
    });
  }

  it('puts copies of copies into one group', async () => {
    const image = await createPhoto(3);
    const duplicates = await Promise.all(
      ['brighter', 'mirrored', 'a WebP'].map(async what =>
        fingerprintOf(await ALTERED[what]!(image)),
      ),
    );
    expect(await findNearDuplicates([...duplicates, ...others])).to.deep.equal([[0, 1, 2, 6]]);
  });

  it('says nothing of images of one color, and does not mind thousands of them', async () => {
    const plain = await fingerprintOf(
      await sharp({create: {width: 40, height: 40, channels: 3, background: 'gray'}})
        .png()
        .toBuffer(),
    );
    expect(await findNearDuplicates(Array.from({length: 3000}, () => plain))).to.deep.equal([]);
  });

  it('joins all of very many copies of one image', async () => {
    const fingerprint = others[0]!;
    const groups = await findNearDuplicates(Array.from({length: 2000}, () => fingerprint));
    expect(groups.map(({length}) => length)).to.deep.equal([2000]);
  });

  it('finds the same on one thread and on several, and counts images', async () => {
    const some = others.slice(0, 12);
    const many = Array.from({length: 1200}, (_, i) => {
      const [a, b] = [some[i % 12]!, others[12 + (Math.floor(i / 12) % 48)]!];
      return a.map((value, cell) => 0.6 * value + 0.4 * b[cell]!);
    });
    const counts: number[] = [];
    const onProgress = (done: number, total: number): void => void counts.push(done, total);
    const alone = await findNearDuplicates(many, {threads: 1, onProgress});
    expect(alone).to.have.length.above(0);
    expect(await findNearDuplicates(many, {threads: 3})).to.deep.equal(alone);
    expect(counts.slice(-2)).to.deep.equal([1200, 1200]);
    expect(counts.filter((_, i) => i % 2 === 0)).to.deep.equal(
      counts.filter((_, i) => i % 2 === 0).toSorted((a, b) => a - b),
    );
  });

  it('stops its threads when aborted', async () => {
    const many = Array.from({length: 2000}, (_, i) =>
      others[i % 60]!.map(value => value ^ (i % 7)),
    );
    const abort = new AbortController();
    const stopped = findNearDuplicates(many, {
      threads: 2,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    expect(await failure(stopped)).to.be.instanceOf(AbortedError);
  });

  it('stops when aborted', async () => {
    expect(
      await failure(findNearDuplicates([...others, ...others], {signal: AbortSignal.abort()})),
    ).to.be.instanceOf(AbortedError);
  });

  it('has nothing to say of nothing', async () => {
    expect(await findNearDuplicates([])).to.deep.equal([]);
  });
});
