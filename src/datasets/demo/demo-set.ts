import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import sharp from 'sharp';
import {mapConcurrently} from '../../core/async.js';
import {createRng} from '../../core/rng.js';
import {withErrorPath} from '../../core/files/atomic-write.js';
import {DEMO_CLASSES, drawAnimal} from './demo-drawings.js';

export interface DemoSetSpec {
  readonly seed: number;
  /** Number of images per class. */
  readonly perClass?: number;
  /** Side of an image, in pixels. */
  readonly size?: number;
  /** Default: all of `DEMO_CLASSES`. */
  readonly classes?: readonly string[];
}

const IMAGES_PER_CLASS = 40;
/** Images that are drawn at a time. */
const CONCURRENCY = 8;

/** Paths of the images of a demo, relative to its folder and sorted by class: `crab/crab-000.jpg`. */
export const demoFiles = ({
  perClass = IMAGES_PER_CLASS,
  classes = DEMO_CLASSES,
}: Pick<DemoSetSpec, 'perClass' | 'classes'> = {}): string[] =>
  classes.flatMap(className =>
    Array.from({length: perClass}, (_, i) =>
      join(className, `${className}-${String(i).padStart(3, '0')}.jpg`),
    ),
  );

/**
 * Draws a small dataset into `directory/<class>/`: animals of a rock pool that a person can distinguish, but pixel averages cannot. Colors,
 * position, size, rotation, background and the weed in front are random, with one distribution for all classes. The same seed produces the
 * same bytes.
 * @returns paths of the JPEG files, sorted by class
 */
export async function drawDemoSet(
  directory: string,
  {seed, perClass = IMAGES_PER_CLASS, size = 96, classes = DEMO_CLASSES}: DemoSetSpec,
): Promise<string[]> {
  for (const className of classes) await mkdir(join(directory, className), {recursive: true});
  return mapConcurrently(demoFiles({perClass, classes}), CONCURRENCY, async (file, i) => {
    const className = classes[Math.floor(i / perClass)]!;
    const svg = drawAnimal(className, size, createRng(seed, className, i % perClass));
    const jpeg = await sharp(Buffer.from(svg)).jpeg({quality: 90}).toBuffer();
    const path = join(directory, file);
    await writeFile(path, jpeg).catch(error => Promise.reject(withErrorPath(error, path)));
    return path;
  });
}
