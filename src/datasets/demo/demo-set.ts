import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import sharp from 'sharp';
import {createRng} from '../../core/rng.js';
import {withErrorPath} from '../../core/files/atomic-write.js';
import {DEMO_CLASSES, drawAnimal} from './demo-drawings.js';

export interface DemoSetSpec {
  readonly seed: number;
  /** Number of images per class. */
  readonly perClass?: number;
  /** Side of an image, in pixels. */
  readonly size?: number;
}

/**
 * Draws a small dataset into `directory/<class>/`: four rock pool animals that a person can distinguish, but pixel averages cannot. Colors,
 * position, size, rotation and background are random, with one distribution for all classes. The same seed produces the same bytes.
 * @returns paths of the JPEG files, sorted by class
 */
export async function drawDemoSet(
  directory: string,
  {seed, perClass = 80, size = 96}: DemoSetSpec,
): Promise<string[]> {
  const paths: string[] = [];
  for (const className of DEMO_CLASSES) {
    await mkdir(join(directory, className), {recursive: true});
    for (let i = 0; i < perClass; i++) {
      const path = join(directory, className, `${className}-${String(i).padStart(3, '0')}.jpg`);
      const svg = drawAnimal(className, size, createRng(seed, className, i));
      const jpeg = await sharp(Buffer.from(svg)).jpeg({quality: 90}).toBuffer();
      await writeFile(path, jpeg).catch(error => Promise.reject(withErrorPath(error, path)));
      paths.push(path);
    }
  }
  return paths;
}
