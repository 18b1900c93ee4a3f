import {expect} from 'chai';
import sharp from 'sharp';
import {
  FITS,
  TORCHVISION_PREPROCESSING,
  withFit,
  type Preprocessing,
} from '../../src/core/preprocessing.js';
import {readSquare} from '../../src/datasets/images/read-square.js';
import {metadataDocument} from '../../src/export/model-files.js';
import type {ModelRecord} from '../../src/export/record/model-record.js';
import {toPreprocessing} from '../../templates/web/inference/metadata.js';
import type {CanvasPixels} from '../../templates/web/inference/shrink.js';
import {toSquare} from '../../templates/web/inference/square.js';
import {createPhoto} from '../helpers/photos.js';

const SIZES = {
  wide: [500, 375],
  high: [200, 333],
  square: [90, 90],
  small: [40, 31],
  'a strip': [600, 50],
} as const;

/** What the page knows of a preprocessing: the fields of `metadata.json`. */
const inPage = (preprocessing: Preprocessing): Preprocessing =>
  toPreprocessing(
    metadataDocument({
      ...{arch: 'resnet18', lastStage: 1, classes: ['a', 'b'], preprocessing},
      variant: {strideIn1x1: false, batchNormEpsilon: 1e-5},
      head: {type: 'linear', pooling: 'avg', dropout: 0},
    } as unknown as ModelRecord),
  );

async function photo([width, height]: readonly [number, number]): Promise<{
  png: Buffer;
  canvas: CanvasPixels;
}> {
  const png = await sharp(await createPhoto(2))
    .resize(width, height, {fit: 'fill'})
    .png()
    .toBuffer();
  const data = await sharp(png).ensureAlpha().raw().toBuffer();
  return {png, canvas: {data: new Uint8ClampedArray(data), width, height}};
}

describe('the square that the web page gives a network', () => {
  for (const fit of FITS)
    for (const [name, size] of Object.entries(SIZES))
      it(`has the pixels of Node: ${fit}, ${name}`, async () => {
        const preprocessing = withFit(
          {...TORCHVISION_PREPROCESSING, resizeSize: 73, cropSize: 64},
          fit,
        );
        const {png, canvas} = await photo(size);
        const {pixels} = toSquare(canvas, inPage(preprocessing));
        const theirs = await readSquare(png, preprocessing);
        expect(pixels).to.have.lengthOf(theirs.length);
        const differences = pixels.map((value, i) => Math.abs(value - theirs[i]!));
        // Two levels of shrinking, and one of enlarging what was shrunk along the other axis.
        expect(Math.max(...differences)).to.be.at.most(3);
      });

  it('takes the color of padding from metadata.json, in the order of RGB', async () => {
    const bgr = withFit({...TORCHVISION_PREPROCESSING, channelOrder: 'bgr', cropSize: 64}, 'pad');
    const {canvas} = await photo(SIZES.wide);
    const {pixels} = toSquare(canvas, inPage(bgr));
    expect([...pixels.subarray(0, 3)]).to.deep.equal([104, 116, 124]);
  });

  it('lies where the network sees it', async () => {
    const regionOf = async (fit: (typeof FITS)[number]): Promise<object> => {
      const {canvas} = await photo([400, 200]);
      const {region} = toSquare(
        canvas,
        inPage(withFit({...TORCHVISION_PREPROCESSING, resizeSize: 100, cropSize: 80}, fit)),
      );
      return region;
    };
    expect(await regionOf('crop')).to.deep.equal({left: 120, top: 20, width: 160, height: 160});
    expect(await regionOf('squash')).to.deep.equal({left: 0, top: 0, width: 400, height: 200});
    expect(await regionOf('pad')).to.deep.equal({left: 0, top: -100, width: 400, height: 400});
  });
});
