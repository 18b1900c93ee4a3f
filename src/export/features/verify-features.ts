import {join} from 'node:path';
import {runTensorTaps, type FeatureTensors} from '../../backbones/features.js';
import {inferenceInterpreter} from '../../backbones/interpreters.js';
import {normalize} from '../../backbones/normalize.js';
import {disposeWeights, toDevice, type Backbone} from '../../backbones/parameters.js';
import {readSafetensors} from '../../backbones/readers/safetensors.js';
import type {TapName, TappedNetwork} from '../../backbones/taps.js';
import {defineError, FinetuneError} from '../../core/errors.js';
import {createRng} from '../../core/rng.js';
import {tf, type Tensor4D} from '../../backend/tensorflow.js';
import {readLayersModel} from '../tfjs/layers-model-files.js';
import {FEATURES_FILES} from './features-record.js';

/** Tolerance as a fraction of the largest value of a map. Both networks are float32, but sum in different orders. */
const TOLERANCE = 1e-4;

/** Height and width of the image that an export is verified on: of different size, and small, whatever the weights were trained on. */
const IMAGE_SIZE = [96, 64] as const;

/** Exported features differ from those of the backbone. */
export class FeaturesMismatchError extends defineError(
  FinetuneError,
  'FEATURES_MISMATCH',
  ({file, name, difference}: {file: string; name: TapName; difference: number}) =>
    `${file} computes another ${name} than the backbone: the largest difference is ${difference.toExponential(1)} of the largest value. Report this with the weights.`,
) {}

/** One image of seeded noise. */
function noiseImage(): Tensor4D {
  const stream = createRng('noise');
  const [height, width] = IMAGE_SIZE;
  const pixels = Uint8Array.from({length: height * width * 3}, () => stream.integer(256));
  return tf.tensor4d(pixels, [1, height, width, 3], 'int32');
}

function computeMaps(
  {weights, preprocessing}: Pick<Backbone, 'weights' | 'preprocessing'>,
  network: TappedNetwork,
  image: Tensor4D,
): FeatureTensors {
  return tf.tidy(() =>
    runTensorTaps(inferenceInterpreter(weights), network, normalize(image, preprocessing)),
  );
}

async function mapsOfModel(
  directory: string,
  {taps}: TappedNetwork,
  image: Tensor4D,
): Promise<FeatureTensors> {
  const model = await readLayersModel(directory);
  try {
    const maps = tf.tidy(() => [model.predict(tf.cast(image, 'float32'))].flat() as Tensor4D[]);
    return Object.fromEntries(taps.map(({name}, i) => [name, maps[i]!])) as FeatureTensors;
  } finally {
    model.dispose();
  }
}

async function mapsOfTensors(
  directory: string,
  preprocessing: Backbone['preprocessing'],
  network: TappedNetwork,
  image: Tensor4D,
): Promise<FeatureTensors> {
  const {tensors} = await readSafetensors(join(directory, FEATURES_FILES.tensors));
  const weights = toDevice(tensors);
  try {
    return computeMaps({weights, preprocessing}, network, image);
  } finally {
    disposeWeights(weights);
  }
}

/** Largest difference, as a fraction of the largest value. */
const relativeDifference = (found: Tensor4D, expected: Tensor4D): number =>
  tf.tidy(() => {
    const largest = tf.max(tf.abs(expected));
    return tf
      .div(tf.max(tf.abs(tf.sub(found, expected))), tf.maximum(largest, 1e-30))
      .dataSync()[0]!;
  });

/** @returns the largest relative difference @throws FeaturesMismatchError */
function compareMaps(file: string, found: FeatureTensors, expected: FeatureTensors): number {
  const differences = Object.entries(expected).map(([key, map]) => {
    const name = key as TapName;
    const difference = relativeDifference(found[name], map);
    // The comparison is negated so that NaN does not pass.
    if (!(difference <= TOLERANCE)) throw new FeaturesMismatchError({file, name, difference});
    return difference;
  });
  return Math.max(...differences);
}

/**
 * Loads both files of exported features, and compares their maps with those of the backbone on an image of noise.
 * @returns the largest difference, as a fraction of the largest value of its map
 * @throws FeaturesMismatchError at the first difference above 1e-4
 */
export async function verifyFeatures(
  backbone: Backbone,
  network: TappedNetwork,
  directory: string,
): Promise<number> {
  const image = noiseImage();
  const made: FeatureTensors[] = [];
  const keep = (maps: FeatureTensors): FeatureTensors => made[made.push(maps) - 1]!;
  try {
    const expected = keep(computeMaps(backbone, network, image));
    const ofModel = keep(await mapsOfModel(directory, network, image));
    const ofTensors = keep(await mapsOfTensors(directory, backbone.preprocessing, network, image));
    return Math.max(
      compareMaps(FEATURES_FILES.model, ofModel, expected),
      compareMaps(FEATURES_FILES.tensors, ofTensors, expected),
    );
  } finally {
    tf.dispose([image, ...made.map(maps => Object.values(maps))]);
  }
}
