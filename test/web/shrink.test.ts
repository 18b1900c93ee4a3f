import {expect} from 'chai';
import sharp from 'sharp';
import {loadImageFolder} from '../../src/datasets/discovery/image-folder.js';
import {shrink, type CanvasPixels} from '../../templates/web/inference/shrink.js';
import {createPhoto} from '../helpers/photos.js';
import {sharedOrSkip} from '../helpers/shared.js';

/** Levels of 255: libvips computes with integers, and the page does not. */
const TOLERANCE = 2;

/** An opaque image as a canvas stores it, and as a PNG. */
async function open(image: Buffer | string): Promise<{canvas: CanvasPixels; png: Buffer}> {
  const png = await sharp(image).toColourspace('srgb').flatten().removeAlpha().png().toBuffer();
  const {data, info} = await sharp(png).ensureAlpha().raw().toBuffer({resolveWithObject: true});
  const {width, height} = info;
  return {canvas: {data: new Uint8ClampedArray(data), width, height}, png};
}

/** The largest difference between an image that the page shrinks and one that libvips shrinks. */
async function compare(image: Buffer | string, width: number, height: number): Promise<number> {
  const {canvas, png} = await open(image);
  const theirs = await sharp(png)
    .resize(width, height, {kernel: 'linear', fit: 'fill', fastShrinkOnLoad: false})
    .raw()
    .toBuffer();
  const ours = shrink(canvas, {width, height});
  expect([ours.width, ours.height, ours.data.length]).to.deep.equal([width, height, theirs.length]);
  return ours.data.reduce((max, value, i) => Math.max(max, Math.abs(value - theirs[i]!)), 0);
}

describe('shrinking in the web page', () => {
  for (const [width, height] of [
    [256, 192],
    [300, 100],
    [79, 240],
    [61, 47],
    [17, 13],
    [1, 1],
    [320, 240],
  ] as const)
    it(`gives the pixels that libvips gives, from 320 x 240 to ${width} x ${height}`, async () => {
      expect(await compare(await createPhoto(1), width, height)).to.be.at.most(TOLERANCE);
    });

  it('gives the pixels that libvips gives for real photos', async function () {
    const {samples} = await loadImageFolder(sharedOrSkip(this, 'data/hymenoptera'), {
      maxPerClass: 3,
    });
    for (const {path} of samples) expect(await compare(path, 224, 160)).to.be.at.most(TOLERANCE);
  });

  it('differs from pixels without antialiasing, so that the comparison can fail', async () => {
    const {png, canvas} = await open(await createPhoto(1));
    const nearest = await sharp(png)
      .resize(40, 30, {kernel: 'nearest', fit: 'fill'})
      .raw()
      .toBuffer();
    const ours = shrink(canvas, {width: 40, height: 30}).data;
    expect(Math.max(...ours.map((value, i) => Math.abs(value - nearest[i]!)))).to.be.above(20);
  });
});
