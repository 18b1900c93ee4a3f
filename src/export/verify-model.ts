import {FinetuneError, UsageError} from '../core/errors.js';
import {createRng} from '../core/rng.js';
import {tf, type Tensor2D} from '../backend/tensorflow.js';
import type {Classifier} from '../heads/classifier.js';
import {toInference} from '../heads/inference-model.js';
import {MODEL_FILES} from './model-record.js';
import {readLayersModel} from './tfjs/layers-model-files.js';
import {loadModel} from './load-model.js';
import {runNetwork} from './probabilities.js';

/** 8-bit pixels, RGB, `[n, cropSize, cropSize, 3]` each. */
export type PixelBatches = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface VerificationResult {
  readonly numImages: number;
  /** Between two probabilities of one image and class. */
  readonly maxDifference: number;
}

/** Between probabilities; both networks are float32, and sum in different orders. */
const TOLERANCE = 1e-4;

/** An export that computes something else than the classifier it was made of. */
export class ModelMismatchError extends FinetuneError {
  override readonly name = 'ModelMismatchError';
  override readonly code = 'MODEL_MISMATCH';

  /** @param imageIndex position among all that were compared */
  constructor(
    readonly file: string,
    readonly imageIndex: number,
    readonly className: string,
    readonly expected: number,
    readonly found: number,
  ) {
    super(
      `Expected ${file} to give class "${className}" of image ${imageIndex} the probability ${expected}, as the trained classifier does, ` +
        `but found ${found}. Report this with the run's recipe.json.`,
    );
  }
}

/** Two images of seeded noise, for where there are no real ones. */
export function noiseImages({preprocessing: {cropSize}}: Classifier): Uint8Array[] {
  const stream = createRng('noise');
  return [Uint8Array.from({length: 2 * cropSize * cropSize * 3}, () => stream.integer(256))];
}

/** What one file of an exported model computes. */
interface ExportedNetwork {
  readonly file: string;
  probabilities(images: Uint8Array): Float32Array;
  dispose(): void;
}

/** Both ways in which an exported model is used: in a browser, and by `loadModel`. */
async function loadBoth(directory: string, size: number): Promise<ExportedNetwork[]> {
  const exportedModel = await loadModel(directory);
  const model = await readLayersModel(directory);
  return [
    {
      file: MODEL_FILES.model,
      probabilities: images =>
        runNetwork(images, size, pixels => model.predict(tf.cast(pixels, 'float32')) as Tensor2D),
      dispose: () => model.dispose(),
    },
    {
      file: MODEL_FILES.tensors,
      probabilities: images => exportedModel.probabilities(images),
      dispose: () => exportedModel.dispose(),
    },
  ];
}

/** @param imageOffset in earlier batches @returns the largest difference */
function compare(
  file: string,
  found: Float32Array,
  expected: Float32Array,
  classNames: readonly string[],
  imageOffset: number,
): number {
  const differences = expected.map((probability, i) => Math.abs(found[i]! - probability));
  // Not the opposite comparison: a difference that is not a number must not pass.
  const wrong = differences.findIndex(difference => !(difference <= TOLERANCE));
  if (wrong < 0) return Math.max(...differences);
  const imageIndex = imageOffset + Math.floor(wrong / classNames.length);
  throw new ModelMismatchError(
    file,
    imageIndex,
    classNames[wrong % classNames.length]!,
    expected[wrong]!,
    found[wrong]!,
  );
}

/**
 * Loads an exported model back, through `tf.loadLayersModel` and through `loadModel`, and compares its probabilities with the trained classifier's.
 * @throws ModelMismatchError at the first difference above 1e-4
 * @throws UsageError when there is no image: nothing would be proven
 */
export async function verifyModel(
  classifier: Classifier,
  directory: string,
  batches: PixelBatches,
): Promise<VerificationResult> {
  const {classNames, preprocessing} = classifier;
  const exported = await loadBoth(directory, preprocessing.cropSize);
  const frozen = toInference(classifier);
  let numImages = 0;
  let maxDifference = 0;
  try {
    for await (const images of batches) {
      const expected = runNetwork(images, preprocessing.cropSize, pixels =>
        tf.softmax(frozen.logits(pixels)),
      );
      const differences = exported.map(({file, probabilities}) =>
        compare(file, probabilities(images), expected, classNames, numImages),
      );
      maxDifference = Math.max(maxDifference, ...differences);
      numImages += expected.length / classNames.length;
    }
  } finally {
    frozen.dispose();
    for (const each of exported) each.dispose();
  }
  if (numImages === 0)
    throw new UsageError(
      'Expected images to prove the exported model on, but found none. Give at least one.',
    );
  return {numImages, maxDifference};
}
