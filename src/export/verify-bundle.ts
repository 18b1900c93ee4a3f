import {FinetuneError, UsageError} from '../core/errors.js';
import {random} from '../core/random.js';
import {tf, type Tensor2D} from '../engine/tensorflow.js';
import type {Classifier} from '../heads/classifier.js';
import {freezeClassifier} from '../heads/frozen-classifier.js';
import {BUNDLE_FILES} from './bundle-record.js';
import {readLayersModel} from './layers-model-files.js';
import {loadBundle} from './load-bundle.js';
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

/** An export that computes something else than the classifier it was made of. */
export class BundleMismatchError extends FinetuneError {
  override readonly name = 'BundleMismatchError';
  override readonly code = 'BUNDLE_MISMATCH';

  /** @param picture position among all that were compared */
  constructor(
    readonly file: string,
    readonly picture: number,
    readonly className: string,
    readonly expected: number,
    readonly found: number,
  ) {
    super(
      `Expected ${file} to give class "${className}" of picture ${picture} the probability ${expected}, as the trained classifier does, ` +
        `but found ${found}. Report this with the run's recipe.json.`,
    );
  }
}

/** Two pictures of seeded noise, for where there are no real ones. */
export function noise({preprocessing: {cropSize}}: Classifier): Uint8Array[] {
  const stream = random('noise');
  return [Uint8Array.from({length: 2 * cropSize * cropSize * 3}, () => stream.integer(256))];
}

/** What one file of a bundle computes. */
interface Exported {
  readonly file: string;
  probabilities(images: Uint8Array): Float32Array;
  dispose(): void;
}

/** Both ways in which a bundle is used: in a browser, and by `loadBundle`. */
async function loadBoth(directory: string, size: number): Promise<Exported[]> {
  const bundle = await loadBundle(directory);
  const model = await readLayersModel(directory);
  return [
    {
      file: BUNDLE_FILES.model,
      probabilities: images => run(images, size, pixels => model.predict(tf.cast(pixels, 'float32')) as Tensor2D),
      dispose: () => model.dispose(),
    },
    {file: BUNDLE_FILES.tensors, probabilities: images => bundle.probabilities(images), dispose: () => bundle.dispose()},
  ];
}

/** @param picturesBefore in earlier batches @returns the largest difference */
function compare(file: string, found: Float32Array, expected: Float32Array, classNames: readonly string[], picturesBefore: number): number {
  const differences = expected.map((probability, i) => Math.abs(found[i]! - probability));
  // Not the opposite comparison: a difference that is not a number must not pass.
  const wrong = differences.findIndex(difference => !(difference <= TOLERANCE));
  if (wrong < 0) return Math.max(...differences);
  const picture = picturesBefore + Math.floor(wrong / classNames.length);
  throw new BundleMismatchError(file, picture, classNames[wrong % classNames.length]!, expected[wrong]!, found[wrong]!);
}

/**
 * Loads a bundle back, through `tf.loadLayersModel` and through `loadBundle`, and compares its probabilities with the trained classifier's.
 * @throws BundleMismatchError at the first difference above 1e-4
 * @throws UsageError when there is no picture: nothing would be proven
 */
export async function verifyBundle(classifier: Classifier, directory: string, batches: PictureBatches): Promise<BundleProof> {
  const {classNames, preprocessing} = classifier;
  const exported = await loadBoth(directory, preprocessing.cropSize);
  const frozen = freezeClassifier(classifier);
  let pictures = 0;
  let largestDifference = 0;
  try {
    for await (const images of batches) {
      const expected = run(images, preprocessing.cropSize, pixels => tf.softmax(frozen.logits(pixels)));
      const differences = exported.map(({file, probabilities}) => compare(file, probabilities(images), expected, classNames, pictures));
      largestDifference = Math.max(largestDifference, ...differences);
      pictures += expected.length / classNames.length;
    }
  } finally {
    frozen.dispose();
    for (const each of exported) each.dispose();
  }
  if (pictures === 0) throw new UsageError('Expected pictures to prove the bundle on, but found none. Give at least one.');
  return {pictures, largestDifference};
}
