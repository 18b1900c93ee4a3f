import type {createRng} from '../src/core/rng.js';
import type {DecodedImage} from '../src/datasets/images/resample.js';

type Stream = ReturnType<typeof createRng>;

/** `[side, side, 3]` */
export type SquareImage = Uint8Array;

const isDecoded = (pixels: DecodedImage | SquareImage): pixels is DecodedImage =>
  !(pixels instanceof Uint8Array);

/** Means of the pixels of a part, 0..1, squeezed into a square. */
function resizeRegion(
  {data, width, height}: DecodedImage,
  [left, top, right, bottom]: readonly number[],
  side: number,
): SquareImage {
  const output = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const [from, end] = [
      top! + ((bottom! - top!) * y) / side,
      top! + ((bottom! - top!) * (y + 1)) / side,
    ].map(fraction => fraction * height);
    for (let x = 0; x < side; x++) {
      const [begin, to] = [
        left! + ((right! - left!) * x) / side,
        left! + ((right! - left!) * (x + 1)) / side,
      ].map(fraction => fraction * width);
      mean(
        data,
        width,
        [Math.floor(begin!), Math.floor(from!), Math.ceil(to!), Math.ceil(end!)],
        output,
        (y * side + x) * 3,
      );
    }
  }
  return output;
}

function mean(
  data: Uint8Array,
  width: number,
  [left, top, right, bottom]: readonly number[],
  output: Uint8Array,
  at: number,
): void {
  const count = (right! - left!) * (bottom! - top!);
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0;
    for (let y = top!; y < bottom!; y++)
      for (let x = left!; x < right!; x++) sum += data[(y * width + x) * 3 + channel]!;
    output[at + channel] = Math.round(sum / count);
  }
}

/** An image turned by a quarter, or upside down, or as it is: what no search for copies takes for the same. */
const rotateOrFlip = (pixels: SquareImage, orientation: number, side: number): SquareImage =>
  pixels.map((_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    const [sourceX, sourceY] = [x, orientation & 2 ? side - 1 - y : y];
    return pixels[
      (orientation & 1 ? sourceX * side + sourceY : sourceY * side + sourceX) * 3 + (i % 3)
    ]!;
  });

/** An image as a square; with a stream, a part of it by chance, three fifths of each side at least, turned by chance. */
export function randomCrop(
  pixels: DecodedImage | SquareImage,
  stream: Stream | undefined,
  side: number,
): SquareImage {
  const image = isDecoded(pixels) ? pixels : {data: pixels, width: side, height: side};
  if (stream === undefined) return resizeRegion(image, [0, 0, 1, 1], side);
  const [cropWidth, cropHeight] = [stream.uniform(0.6, 1), stream.uniform(0.6, 1)];
  const [left, top] = [stream.uniform(0, 1 - cropWidth), stream.uniform(0, 1 - cropHeight)];
  return rotateOrFlip(
    resizeRegion(image, [left, top, left + cropWidth, top + cropHeight], side),
    stream.integer(4),
    side,
  );
}

const clamp = (value: number): number => Math.max(0, Math.min(255, value));

function flipHorizontally(pixels: SquareImage, side: number): SquareImage {
  return pixels.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    return pixels[(pixel - (pixel % side) + side - 1 - (pixel % side)) * 3 + channel]!;
  });
}

/** A copy as they are passed on: brighter or darker, with grain, half of them mirrored, half of them cut by up to a fifth of each side. */
export function makeNearDuplicate(
  original: SquareImage,
  stream: Stream,
  side: number,
): SquareImage {
  const [contrast, brightness] = [stream.uniform(0.85, 1.15), stream.uniform(-15, 15)];
  const cropFraction = stream.next() < 0.5 ? stream.uniform(0.8, 1) : 1;
  const [left, top] = [stream.uniform(0, 1 - cropFraction), stream.uniform(0, 1 - cropFraction)];
  const cropped = resizeRegion(
    {data: original, width: side, height: side},
    [left, top, left + cropFraction, top + cropFraction],
    side,
  );
  const oriented = stream.next() < 0.5 ? flipHorizontally(cropped, side) : cropped;
  return oriented.map(value =>
    clamp(128 + contrast * (value - 128) + brightness + stream.uniform(-4, 4)),
  );
}
