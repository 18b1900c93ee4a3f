import type {random} from '../src/core/random.js';
import type {DecodedImage} from '../src/datasets/resample.js';

type Stream = ReturnType<typeof random>;

/** `[side, side, 3]` */
export type Picture = Uint8Array;

const isDecoded = (picture: DecodedImage | Picture): picture is DecodedImage => !(picture instanceof Uint8Array);

/** Means of the pixels of a part, 0..1, squeezed into a square. */
function resized({data, width, height}: DecodedImage, [left, top, right, bottom]: readonly number[], side: number): Picture {
  const output = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const [from, end] = [top! + ((bottom! - top!) * y) / side, top! + ((bottom! - top!) * (y + 1)) / side].map(place => place * height);
    for (let x = 0; x < side; x++) {
      const [begin, to] = [left! + ((right! - left!) * x) / side, left! + ((right! - left!) * (x + 1)) / side].map(place => place * width);
      mean(data, width, [Math.floor(begin!), Math.floor(from!), Math.ceil(to!), Math.ceil(end!)], output, (y * side + x) * 3);
    }
  }
  return output;
}

function mean(data: Uint8Array, width: number, [left, top, right, bottom]: readonly number[], output: Uint8Array, at: number): void {
  const count = (right! - left!) * (bottom! - top!);
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0;
    for (let y = top!; y < bottom!; y++) for (let x = left!; x < right!; x++) sum += data[(y * width + x) * 3 + channel]!;
    output[at + channel] = Math.round(sum / count);
  }
}

/** A picture turned by a quarter, or upside down, or as it is: what no search for copies takes for the same. */
const turned = (picture: Picture, way: number, side: number): Picture =>
  picture.map((_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    const [across, down] = [x, way & 2 ? side - 1 - y : y];
    return picture[(way & 1 ? across * side + down : down * side + across) * 3 + (i % 3)]!;
  });

/** A picture as a square; with a stream, a part of it by chance, three fifths of each side at least, turned by chance. */
export function scaled(picture: DecodedImage | Picture, stream: Stream | undefined, side: number): Picture {
  const image = isDecoded(picture) ? picture : {data: picture, width: side, height: side};
  if (stream === undefined) return resized(image, [0, 0, 1, 1], side);
  const [wide, high] = [stream.between(0.6, 1), stream.between(0.6, 1)];
  const [left, top] = [stream.between(0, 1 - wide), stream.between(0, 1 - high)];
  return turned(resized(image, [left, top, left + wide, top + high], side), stream.integer(4), side);
}

const clamp = (value: number): number => Math.max(0, Math.min(255, value));

function mirrored(picture: Picture, side: number): Picture {
  return picture.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    return picture[(pixel - (pixel % side) + side - 1 - (pixel % side)) * 3 + channel]!;
  });
}

/** A copy as they are passed on: brighter or darker, with grain, half of them mirrored, half of them cut by up to a fifth of each side. */
export function planted(original: Picture, stream: Stream, side: number): Picture {
  const [contrast, brightness] = [stream.between(0.85, 1.15), stream.between(-15, 15)];
  const cut = stream.next() < 0.5 ? stream.between(0.8, 1) : 1;
  const [left, top] = [stream.between(0, 1 - cut), stream.between(0, 1 - cut)];
  const part = resized({data: original, width: side, height: side}, [left, top, left + cut, top + cut], side);
  const whole = stream.next() < 0.5 ? mirrored(part, side) : part;
  return whole.map(value => clamp(128 + contrast * (value - 128) + brightness + stream.between(-4, 4)));
}
