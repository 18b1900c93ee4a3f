import {expect} from 'chai';
import sharp from 'sharp';
import {decodeForInspection} from '../../../src/datasets/images/decode.js';
import {findImages} from '../../../src/datasets/discovery/find-images.js';
import {findNearDuplicates} from '../../../src/datasets/duplicates/near-duplicates.js';
import {readBytes} from '../../../src/datasets/images/read-bytes.js';
import {computeFingerprint} from '../../../src/datasets/duplicates/fingerprint.js';
import {sharedOrSkip} from '../../helpers/shared.js';
import {ALTERED, pixels} from '../../helpers/photos.js';

/** Of the size that `ALTERED` cuts. */
const asDrawn = (path: string): Promise<Buffer> =>
  sharp(path).resize(320, 240, {fit: 'fill'}).png().toBuffer();

async function fingerprintsOf(paths: readonly string[]): Promise<Uint8Array[]> {
  const fingerprints: Uint8Array[] = [];
  for (const path of paths)
    fingerprints.push(computeFingerprint((await decodeForInspection(await readBytes(path))).image));
  return fingerprints;
}

describe('findNearDuplicates on real images', function () {
  this.timeout(180_000);

  it('finds altered copies among pets, except one of 20 at most, and takes no pet for another', async function () {
    const {images: paths} = await findImages([sharedOrSkip(this, 'data/pets37')]);
    const fingerprints = await fingerprintsOf(paths);
    expect(await findNearDuplicates(fingerprints)).to.deep.equal([]);
    const chosen = paths.flatMap((_, i) => (i % 19 === 0 ? [i] : []));
    for (const [what, alter] of Object.entries(ALTERED)) {
      const duplicates = await Promise.all(
        chosen.map(async i =>
          computeFingerprint(await pixels(await alter(await asDrawn(paths[i]!)))),
        ),
      );
      const groups = await findNearDuplicates([...fingerprints, ...duplicates]);
      const planted = chosen.map((i, k) => [i, fingerprints.length + k].join());
      const found = groups.map(group => group.join());
      expect(planted, what).to.include.members(found);
      // Brighter, what is nearly white loses its edges.
      expect(found.length, what).to.be.at.least(planted.length - 1);
    }
  });

  it('takes few of 1,000 images of 32 pixels for near-duplicates: four that are there twice, and two airplanes', async function () {
    const fingerprints = await fingerprintsOf(
      (await findImages([sharedOrSkip(this, 'data/cifar10-test')])).images,
    );
    expect((await findNearDuplicates(fingerprints)).flat()).to.have.length.at.most(10);
  });
});
