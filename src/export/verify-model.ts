import {defineError, FinetuneError, UsageError} from '../core/errors.js';
import {createRng} from '../core/rng.js';
import {tf} from '../backend/tensorflow.js';
import type {Classifier} from '../heads/classifier.js';
import {toInference} from '../heads/inference-model.js';
import type {ExportedNetwork} from './formats/exporter.js';
import {EXPORTERS} from './formats/exporters.js';
import {runNetwork} from './probabilities.js';

/** Batches of 8-bit RGB pixels, `[n, cropSize, cropSize, 3]` each. */
export type PixelBatches = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface VerificationResult {
  readonly numImages: number;
  /** Maximum difference between two probabilities of the same image and class. */
  readonly maxDifference: number;
}

/** Tolerance for probabilities. Both networks are float32, but sum in different orders. */
const TOLERANCE = 1e-4;

/** An export computes different probabilities than its classifier. */
export class ModelMismatchError extends defineError(
  FinetuneError,
  'MODEL_MISMATCH',
  ({
    file,
    imageIndex,
    className,
    expected,
    found,
  }: {
    file: string;
    /** Index among all compared images. */
    imageIndex: number;
    className: string;
    expected: number;
    found: number;
  }) =>
    `${file} gives class "${className}" of image ${imageIndex} the probability ${found}; the trained classifier gives ${expected}. Report this with the run's recipe.json.`,
) {}

/** Two images of seeded noise, used if there are no real ones. */
export function noiseImages({preprocessing: {cropSize}}: Classifier): Uint8Array[] {
  const stream = createRng('noise');
  return [Uint8Array.from({length: 2 * cropSize * cropSize * 3}, () => stream.integer(256))];
}

interface ReadFormat {
  readonly file: string;
  readonly network: ExportedNetwork;
}

/** Loads every format of an exported model. */
async function readFormats(directory: string, size: number): Promise<ReadFormat[]> {
  const formats: ReadFormat[] = [];
  try {
    for (const {file, load} of Object.values(EXPORTERS)) {
      const exporter = await load();
      formats.push({file, network: await exporter.read(directory, size)});
    }
    return formats;
  } catch (error) {
    for (const {network} of formats) network.dispose();
    throw error;
  }
}

/** @param imageOffset number of images in earlier batches @returns the largest difference */
function compare(
  file: string,
  found: Float32Array,
  expected: Float32Array,
  classNames: readonly string[],
  imageOffset: number,
): number {
  const differences = expected.map((probability, i) => Math.abs(found[i]! - probability));
  // The comparison is negated so that NaN does not pass.
  const wrong = differences.findIndex(difference => !(difference <= TOLERANCE));
  if (wrong < 0) return Math.max(...differences);
  const imageIndex = imageOffset + Math.floor(wrong / classNames.length);
  throw new ModelMismatchError({
    file,
    imageIndex,
    className: classNames[wrong % classNames.length]!,
    expected: expected[wrong]!,
    found: found[wrong]!,
  });
}

/**
 * Loads an exported model in each of its formats, and compares its probabilities with those of the trained classifier.
 * @throws ModelMismatchError at the first difference above 1e-4
 * @throws UsageError if there are no images, since nothing would be verified
 */
export async function verifyModel(
  classifier: Classifier,
  directory: string,
  batches: PixelBatches,
): Promise<VerificationResult> {
  const {classNames, preprocessing} = classifier;
  const exported = await readFormats(directory, preprocessing.cropSize);
  const frozen = toInference(classifier);
  let numImages = 0;
  let maxDifference = 0;
  try {
    for await (const images of batches) {
      const expected = runNetwork(images, preprocessing.cropSize, pixels =>
        tf.softmax(frozen.logits(pixels)),
      );
      const differences = exported.map(({file, network}) =>
        compare(file, network.probabilities(images), expected, classNames, numImages),
      );
      maxDifference = Math.max(maxDifference, ...differences);
      numImages += expected.length / classNames.length;
    }
  } finally {
    frozen.dispose();
    for (const {network} of exported) network.dispose();
  }
  if (numImages === 0)
    throw new UsageError('There are no images to verify the exported model on. Give at least one.');
  return {numImages, maxDifference};
}
