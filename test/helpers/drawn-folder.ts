import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {createRng, type Rng} from '../../src/core/rng.js';
import {temporaryDirectory} from './temporary.js';

type Pixel = readonly [red: number, green: number, blue: number];
type Pattern = (x: number, y: number) => boolean;

/** What is drawn in the second color, by class; where it lies is drawn from a stream. */
const PATTERNS: Readonly<Record<string, (stream: Rng) => Pattern>> = {
  dotted: stream => {
    const shift = stream.integer(8);
    return (x, y) => ((x + shift) % 8) + ((y + shift) % 8) < 5;
  },
  plain: () => () => false,
  striped: stream => {
    const shift = stream.integer(8);
    return (x, y) => (x + y + shift) % 8 < 4;
  },
};

async function draw(path: string, pattern: Pattern, size: number, stream: Rng): Promise<void> {
  const color = (): Pixel => [stream.integer(256), stream.integer(256), stream.integer(256)];
  const [ground, ink] = [color(), color()];
  const pixels = Uint8Array.from({length: size * size * 3}, (_, i) => {
    const [x, y] = [Math.trunc(i / 3) % size, Math.trunc(i / 3 / size)];
    return (pattern(x, y) ? ink : ground)[i % 3]!;
  });
  await sharp(pixels, {raw: {width: size, height: size, channels: 3}})
    .png()
    .toFile(path);
}

export interface DrawnFolderOptions {
  readonly perClass?: number;
  readonly size?: number;
  readonly seed?: number;
  /** Between the folder and those of the classes: `train`, `val`, `test`. */
  readonly splits?: readonly string[];
}

/** A folder of PNG files, dotted, plain and striped in random colors, a folder a class; removed when the process ends. @returns its path */
export async function drawnFolder({
  perClass = 8,
  size = 40,
  seed = 1,
  splits = [''],
}: DrawnFolderOptions = {}): Promise<string> {
  const root = temporaryDirectory();
  for (const split of splits) {
    for (const [className, patternOf] of Object.entries(PATTERNS)) {
      const folder = join(root, split, className);
      mkdirSync(folder, {recursive: true});
      for (let i = 0; i < perClass; i++) {
        const stream = createRng(seed, split, className, i);
        await draw(join(folder, `${i}.png`), patternOf(stream), size, stream);
      }
    }
  }
  return root;
}
