import {mkdir, writeFile} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import sharp from 'sharp';
import {createRng} from '../src/core/rng.js';

/** A folder of drawn images. */
export interface ImageSet {
  readonly directory: string;
  readonly images: number;
  /** Folders, as even as can be. */
  readonly classes: number;
  /** Of an image, in pixels. */
  readonly side: number;
  readonly seed: number;
}

/** Half a period of the waves, in pixels: shapes that JPEG keeps, and grains that make no two files alike. */
const GRAIN = 24;

/** An image of two waves and some grain, `[side, side, 3]`: a class has its directions, an image its places and colors. */
function drawImage({side, seed}: ImageSet, label: number, index: number): Uint8Array {
  const ofClass = createRng(seed, 'class', label);
  const stream = createRng(seed, 'image', index);
  const pixels = new Uint8Array(side * side * 3);
  for (let channel = 0; channel < 3; channel++) {
    const [along, across] = [ofClass.uniform(-0.5, 0.5), ofClass.uniform(-0.5, 0.5)];
    const [phase, brightness] = [stream.uniform(0, 2 * Math.PI), stream.uniform(80, 176)];
    for (let pixel = 0; pixel < side * side; pixel++) {
      const wave = Math.sin(phase + along * (pixel % side) + across * Math.floor(pixel / side));
      pixels[pixel * 3 + channel] = brightness + 50 * wave + GRAIN * stream.next();
    }
  }
  return pixels;
}

const classFolder = (label: number): string => `class-${String(label).padStart(3, '0')}`;

/** Draws an image set, the same files for the same seed, and no file twice. */
export async function makeImages(set: ImageSet): Promise<void> {
  const {directory, images, classes, side} = set;
  for (let label = 0; label < classes; label++)
    await mkdir(join(directory, classFolder(label)), {recursive: true});
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < images) {
      const index = next++;
      const label = index % classes;
      const raw = {width: side, height: side, channels: 3} as const;
      const jpeg = await sharp(drawImage(set, label, index), {raw})
        .jpeg({quality: 85})
        .toBuffer();
      await writeFile(
        join(directory, classFolder(label), `${String(index).padStart(6, '0')}.jpg`),
        jpeg,
      );
    }
  };
  await Promise.all(Array.from({length: 2 * availableParallelism()}, worker));
}

if (import.meta.filename === process.argv[1]) {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {
      images: {type: 'string', default: '1000'},
      classes: {type: 'string', default: '200'},
      side: {type: 'string', default: '64'},
      seed: {type: 'string', default: '1'},
    },
  });
  const [directory] = positionals;
  if (directory === undefined)
    throw new Error('There is no folder to draw into. Run node dist/bench/make-images.js DIR.');
  sharp.concurrency(1);
  const {images, classes, side, seed} = values;
  await makeImages({
    directory,
    images: Number(images),
    classes: Number(classes),
    side: Number(side),
    seed: Number(seed),
  });
}
