import {expect} from 'chai';
import sharp from 'sharp';
import {TORCHVISION_PREPROCESSING} from '../../../src/core/preprocessing.js';
import {decodeBytes} from '../../../src/datasets/images/decode.js';
import {readSquare} from '../../../src/datasets/images/read-square.js';
import {cropViews, TTA_VIEWS} from '../../../src/datasets/images/test-time-views.js';
import {createPhoto, cropPlaces} from '../../helpers/photos.js';

const SIZE = 48;
const PREPROCESSING = {...TORCHVISION_PREPROCESSING, resizeSize: 61, cropSize: SIZE};

/** A view as sharp cuts it out of the resized image. */
async function cutBySharp(
  image: {readonly data: Uint8Array; readonly width: number; readonly height: number},
  isMirrored: boolean,
  [left, top]: readonly [number, number],
): Promise<Uint8Array> {
  const {data, width, height} = image;
  const raw = {raw: {width, height, channels: 3 as const}};
  const source = isMirrored ? await sharp(data, raw).flop().raw().toBuffer() : data;
  return sharp(source, raw).extract({left, top, width: SIZE, height: SIZE}).raw().toBuffer();
}

describe('cropViews', () => {
  it("cuts ten crops in the order of torchvision's TenCrop, as sharp cuts them", async () => {
    const photo = await createPhoto(1);
    const image = await decodeBytes(photo, PREPROCESSING);
    const places = cropPlaces(image.width, image.height, SIZE);
    const expected = await Promise.all(
      [false, true].flatMap(isMirrored =>
        places.map(place => cutBySharp(image, isMirrored, place)),
      ),
    );
    expect(image.width).to.be.greaterThan(SIZE);
    expect(image.height).to.be.greaterThan(SIZE);
    const views = cropViews(image, SIZE, 'ten-crop');
    expect(Buffer.compare(views, Buffer.concat(expected))).to.equal(0);
    expect(Buffer.compare(await readSquare(photo, PREPROCESSING, 'ten-crop'), views)).to.equal(0);
  });

  it('gives the image alone, or with its mirror image', async () => {
    const image = await decodeBytes(await createPhoto(2), PREPROCESSING);
    const center = cropViews(image, SIZE, 'none');
    const [both, ten] = [cropViews(image, SIZE, 'flip'), cropViews(image, SIZE, 'ten-crop')];
    const viewBytes = SIZE * SIZE * 3;
    expect(center).to.deep.equal(both.subarray(0, viewBytes));
    expect(center).to.deep.equal(ten.subarray(4 * viewBytes, 5 * viewBytes));
    expect(both.subarray(viewBytes)).to.deep.equal(ten.subarray(9 * viewBytes));
  });

  it('gives as many views as it says', () => {
    const image = {data: new Uint8Array(5 * 4 * 3), width: 5, height: 4};
    for (const tta of ['none', 'flip', 'ten-crop'] as const)
      expect(cropViews(image, 4, tta)).to.have.lengthOf(TTA_VIEWS[tta] * 4 * 4 * 3);
  });
});
