import {FinetuneError} from '../core/errors.js';
import {random} from '../core/random.js';
import {tf, type Tensor2D} from '../engine/tensorflow.js';
import type {Classifier} from '../heads/classifier.js';
import {freezeClassifier} from '../heads/frozen-classifier.js';
import {readLayersModel} from './layers-model-files.js';
import {run} from './probabilities.js';

/** 8-bit pixels, RGB, `[n, cropSize, cropSize, 3]` each. */
export type PictureBatches = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface BundleProof {
  readonly pictures: number;
  /** Between two probabilities of one picture and class. */
  readonly largestDifference: number;
}

/** Between probabilities; both networks are float32, and sum in different orders. */
const TOLERANCE = 1e-4;

/** An exported model that computes something else than the classifier it was made of. */
export class BundleMismatchError extends FinetuneError {
  override readonly name = 'BundleMismatchError';
  override readonly code = 'BUNDLE_MISMATCH';

  /** @param picture position among all that were compared */
  constructor(
    readonly picture: number,
    readonly className: string,
    readonly expected: number,
    readonly found: number,
  ) {
    super(
      `Expected the exported model to give class "${className}" of picture ${picture} the probability ${expected}, as the trained ` +
        `classifier does, but found ${found}. The export was not kept: report this with the run's recipe.json.`,
    );
  }
}

/** Two pictures of seeded noise, for where there are no real ones. */
export function noise({preprocessing: {cropSize}}: Classifier): Uint8Array[] {
  const stream = random('noise');
  return [Uint8Array.from({length: 2 * cropSize * cropSize * 3}, () => stream.integer(256))];
}

/** Compares one batch. @returns the largest difference */
function compare(found: Float32Array, expected: Float32Array, classNames: readonly string[], picturesBefore: number): number {
  let largest = 0;
  expected.forEach((probability, i) => {
    const difference = Math.abs(found[i]! - probability);
    // Not the opposite comparison: a difference that is not a number must not pass.
    if (!(difference <= TOLERANCE)) {
      const picture = picturesBefore + Math.floor(i / classNames.length);
      throw new BundleMismatchError(picture, classNames[i % classNames.length]!, probability, found[i]!);
    }
    largest = Math.max(largest, difference);
  });
  return largest;
}

/**
 * Loads a bundle back through `tf.loadLayersModel` and compares its probabilities with the trained classifier's.
 * @throws BundleMismatchError at the first difference above 1e-4
 */
export async function verifyBundle(classifier: Classifier, directory: string, batches: PictureBatches): Promise<BundleProof> {
  const {classNames, preprocessing} = classifier;
  const model = await readLayersModel(directory);
  const frozen = freezeClassifier(classifier);
  let pictures = 0;
  let largestDifference = 0;
  try {
    for await (const batch of batches) {
      const expected = run(batch, preprocessing.cropSize, pixels => tf.softmax(frozen.logits(pixels)));
      const found = run(batch, preprocessing.cropSize, pixels => model.predict(tf.cast(pixels, 'float32')) as Tensor2D);
      largestDifference = Math.max(largestDifference, compare(found, expected, classNames, pictures));
      pictures += expected.length / classNames.length;
    }
  } finally {
    frozen.dispose();
    model.dispose();
  }
  return {pictures, largestDifference};
}
