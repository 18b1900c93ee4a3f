import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import sharp, {type Sharp} from 'sharp';
import {createRng} from '../../src/core/rng.js';

/** An image of one color. */
export const plain = (color: string, width = 40, height = 30): Sharp =>
  sharp({create: {width, height, channels: 3, background: color}});

/** An image that no other seed gives. */
export function noisy(seed: number, width = 40, height = 30): Sharp {
  const stream = createRng('picture', seed);
  const pixels = Uint8Array.from({length: width * height * 3}, () => stream.integer(256));
  return sharp(pixels, {raw: {width, height, channels: 3}});
}

/** Writes files below a folder, making the folders in between: name to content. */
export function writeTree(
  root: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), {recursive: true});
    writeFileSync(join(root, name), content);
  }
}

/** Writes a different small PNG under each name. */
export async function writeImages(root: string, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries())
    writeTree(root, {[name]: await noisy(index, 20, 16).png().toBuffer()});
}

/** `of('cats', 3)` is `['cats/0.png', 'cats/1.png', 'cats/2.png']`. */
export const of = (folder: string, count: number): string[] =>
  Array.from({length: count}, (_, i) => `${folder}/${i}.png`);

/** The error that something ends with. */
export async function failure(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('Expected a failure, but found none.');
    },
    (error: unknown) => error as Error,
  );
}
