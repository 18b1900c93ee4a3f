import {loadStateDict, toDevice} from '../../src/backbones/parameters.js';
import {backboneShapes} from '../../src/backbones/network.js';
import type {BackboneSpec} from '../../src/backbones/resnet-specs.js';
import {
  CAFFE_PREPROCESSING,
  TORCHVISION_PREPROCESSING,
  withImageSize,
} from '../../src/core/preprocessing.js';
import {sizeFromShape, type CpuTensor, type StateDict} from '../../src/core/state-dict.js';
import {createRng} from '../../src/core/rng.js';
import {attachHead, type Classifier} from '../../src/heads/classifier.js';
import {headShapes, type HeadSpec} from '../../src/heads/head.js';

export const TORCHVISION_FAMILY = {strideIn1x1: false, batchNormEpsilon: 1e-5} as const;
export const KERAS_FAMILY = {strideIn1x1: true, batchNormEpsilon: 1.001e-5} as const;

export const LINEAR: HeadSpec = {type: 'linear', pooling: 'avg', dropout: 0};

export interface ClassifierOptions {
  readonly spec?: Partial<BackboneSpec>;
  readonly head?: Partial<HeadSpec>;
  readonly classNames?: readonly string[];
  /** Side of the images, in pixels. */
  readonly size?: number;
  readonly seed?: number;
}

/** Numbers that a trained network might hold: nothing is an identity, a zero or a one, and activations stay near 1 however deep it is. */
function plausible(
  name: string,
  shape: readonly number[],
  {strideIn1x1}: BackboneSpec,
  seed: number,
): CpuTensor {
  const stream = createRng(seed, name);
  const draw = (next: () => number): CpuTensor => ({
    shape,
    data: Float32Array.from({length: sizeFromShape(shape)}, next),
  });
  if (shape.length > 1) {
    const fanIn = sizeFromShape(shape) / shape[0]!;
    const limit = Math.sqrt(6 / fanIn);
    return draw(() => stream.uniform(-limit, limit));
  }
  // Keras' family is fed pixels that are not scaled.
  if (name === 'bn1.running_var' && strideIn1x1) return draw(() => stream.uniform(4000, 8000));
  if (name.endsWith('.running_var')) return draw(() => stream.uniform(0.5, 2));
  if (name.endsWith('.weight')) return draw(() => stream.uniform(0.2, 0.7));
  return draw(() => stream.uniform(-0.4, 0.4));
}

const drawAll = (
  shapes: ReadonlyMap<string, readonly number[]>,
  spec: BackboneSpec,
  seed: number,
): StateDict =>
  new Map([...shapes].map(([name, shape]) => [name, plausible(name, shape, spec, seed)]));

/** Draws a head's weights anew; `attachHead` makes zeros of the layer that gives the logits. */
export const randomHead = ({weights, layers, spec}: Classifier, seed: number): void =>
  loadStateDict(weights, drawAll(headShapes(layers), spec, seed));

/** A classifier with weights drawn from a seed: ResNet-18 of torchvision's family with a linear head unless told. The caller disposes it. */
export function randomClassifier(options: ClassifierOptions = {}): Classifier {
  const {size = 64, seed = 1, classNames = ['ants', 'bees', 'wasps']} = options;
  const spec: BackboneSpec = {
    arch: 'resnet18',
    lastStage: 2,
    ...TORCHVISION_FAMILY,
    ...options.spec,
  };
  const preprocessing = withImageSize(
    spec.strideIn1x1 ? CAFFE_PREPROCESSING : TORCHVISION_PREPROCESSING,
    size,
  );
  const weights = toDevice(drawAll(backboneShapes(spec), spec, seed));
  const classifier = attachHead(
    {spec, preprocessing, weights, origin: 'random numbers'},
    {...LINEAR, ...options.head},
    classNames,
    seed,
  );
  randomHead(classifier, seed);
  return classifier;
}

/** Pixels of `count` images, RGB, `[count, size, size, 3]`: noise over slopes of color. */
export function randomPixels(count: number, size: number, seed = 1): Uint8Array {
  const stream = createRng(seed, 'pixels');
  return Uint8Array.from({length: count * size * size * 3}, (_, i) => {
    const place = Math.trunc(i / 3) % (size * size);
    const slope =
      [place % size, place / size, size / 2][(i + Math.trunc(i / (size * size * 3))) % 3]! / size;
    return Math.min(255, 160 * slope + 95 * stream.next());
  });
}
