import {tf, type Tensor4D} from '../backend/tensorflow.js';
import type {Interpreter} from './forward.js';
import {inferenceInterpreter} from './interpreters.js';
import type {Backbone} from './parameters.js';
import {normalize} from './normalize.js';
import {runTaps, tapNetwork, type TapName} from './taps.js';

/** Feature maps `[n, h, w, channels]` by name. */
export type FeatureTensors<Name extends TapName = TapName> = Readonly<Record<Name, Tensor4D>>;

/**
 * Runs a network up to its last tap. Other maps are freed block by block.
 * @param x normalized images, `[n, h, w, 3]`
 */
export function runTensorTaps<Name extends TapName>(
  interpreter: Interpreter<Tensor4D>,
  network: Parameters<typeof runTaps>[1],
  x: Tensor4D,
): FeatureTensors<Name> {
  const kept: Tensor4D[] = [];
  const keep = (map: Tensor4D): Tensor4D => {
    kept.push(tf.keep(map));
    return map;
  };
  try {
    const maps = runTaps(interpreter, network, x, keep);
    // A kept tensor outlives every scope; its clone belongs to the scope of the caller.
    return Object.fromEntries(
      [...maps].map(([name, map]) => [name, tf.clone(map)]),
    ) as FeatureTensors<Name>;
  } finally {
    tf.dispose(kept);
  }
}

/**
 * Computes feature maps of a backbone, for detectors and other networks on top of it. Gradients flow to its weights; batch norms use their
 * running statistics.
 * @param backbone a backbone, or a classifier
 * @param images RGB pixels 0..255, `[n, h, w, 3]`, of any size
 * @param names `c2` is the output of stage 1, of stride 4 in most networks; `c5` that of stage 4, of stride 32
 * @returns maps `[n, h / stride, w / stride, channels]`, sides rounded up; the caller disposes them
 * @throws UnknownTapError (exit 2)
 *
 * @example
 * import {features, loadBackbone} from 'finetune/backbones';
 *
 * const backbone = await loadBackbone('resnet50', 4, './resnet50.safetensors');
 * const {c2, c5} = features(backbone, images, ['c2', 'c5']);
 */
export function features<Name extends TapName>(
  {spec, preprocessing, weights}: Pick<Backbone, 'spec' | 'preprocessing' | 'weights'>,
  images: Tensor4D,
  names: readonly Name[],
): FeatureTensors<Name> {
  const network = tapNetwork(spec, names);
  return tf.tidy(() =>
    runTensorTaps<Name>(inferenceInterpreter(weights), network, normalize(images, preprocessing)),
  );
}
