import sharp from 'sharp';
import {createRng} from '../../src/core/rng.js';
import type {DecodedImage} from '../../src/datasets/images/resample.js';

/** A soft image with as much detail as a photo has, 320 x 240: random colors at three scales, drawn from a seed. */
export async function createPhoto(seed: number): Promise<Buffer> {
  const layer = (columns: number, rows: number): Promise<Buffer> => {
    const stream = createRng(seed, 'photograph', columns);
    const data = Uint8Array.from({length: columns * rows * 3}, () => stream.integer(256));
    return sharp(data, {raw: {width: columns, height: rows, channels: 3}})
      .resize(320, 240, {kernel: 'cubic', fit: 'fill'})
      .raw()
      .toBuffer();
  };
  const [coarse, middle, fine] = await Promise.all([layer(4, 3), layer(12, 9), layer(40, 30)]);
  const data = coarse!.map((value, i) => 0.45 * value + 0.35 * middle![i]! + 0.2 * fine![i]!);
  return sharp(data, {raw: {width: 320, height: 240, channels: 3}})
    .png()
    .toBuffer();
}

/** How photos are altered when they are passed on. */
export const ALTERED: Readonly<Record<string, (image: Buffer) => Promise<Buffer>>> = {
  'a JPEG of quality 30': image => sharp(image).jpeg({quality: 30}).toBuffer(),
  'a WebP': image => sharp(image).webp({quality: 60}).toBuffer(),
  'half the size': image => sharp(image).resize(160, 120).jpeg().toBuffer(),
  'twice the size': image => sharp(image).resize(640, 480).jpeg().toBuffer(),
  'other proportions': image => sharp(image).resize(200, 200, {fit: 'fill'}).jpeg().toBuffer(),
  brighter: image => sharp(image).modulate({brightness: 1.2}).jpeg().toBuffer(),
  'less contrast': image => sharp(image).linear(0.7, 30).jpeg().toBuffer(),
  'without colors': image => sharp(image).grayscale().jpeg().toBuffer(),
  mirrored: image => sharp(image).flop().jpeg().toBuffer(),
  'cut by a tenth all round': image =>
    sharp(image).extract({left: 32, top: 24, width: 256, height: 192}).jpeg().toBuffer(),
  'cut on one side': image =>
    sharp(image).extract({left: 48, top: 0, width: 272, height: 240}).jpeg().toBuffer(),
  'cut by a fifth at a corner': image =>
    sharp(image).extract({left: 0, top: 48, width: 256, height: 192}).jpeg().toBuffer(),
  'with a border': image =>
    sharp(image)
      .extend({top: 12, bottom: 12, left: 12, right: 12, background: 'black'})
      .jpeg()
      .toBuffer(),
};

export const pixels = async (image: Buffer): Promise<DecodedImage> => {
  const {data, info} = await sharp(image)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({resolveWithObject: true});
  return {data, width: info.width, height: info.height};
};

/** Where the corners and the center of torchvision's `FiveCrop` are. Python rounds halves to even: 13 / 2 is 6, and 15 / 2 is 8. */
export function cropPlaces(
  width: number,
  height: number,
  size: number,
): readonly (readonly [left: number, top: number])[] {
  const [right, bottom] = [width - size, height - size];
  const half = (rest: number): number =>
    rest % 4 === 3 ? Math.ceil(rest / 2) : Math.floor(rest / 2);
  return [[0, 0], [right, 0], [0, bottom], [right, bottom], [half(right), half(bottom)]]; // prettier-ignore
}
