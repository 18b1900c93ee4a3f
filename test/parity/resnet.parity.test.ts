import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import sharp from 'sharp';
import {toDevice} from '../../src/backbones/parameters.js';
import {inferenceInterpreter} from '../../src/backbones/interpreters.js';
import {loadBackbone} from '../../src/backbones/load-backbone.js';
import type {Backbone} from '../../src/backbones/parameters.js';
import {normalize} from '../../src/backbones/normalize.js';
import {forward} from '../../src/backbones/forward.js';
import {backboneShapes, featureWidth} from '../../src/backbones/network.js';
import {stageCount, type BackboneSpec} from '../../src/backbones/resnet-specs.js';
import {publishedMetadata} from '../../src/backbones/weights/weights-metadata.js';
import {
  CAFFE_PREPROCESSING,
  TORCHVISION_PREPROCESSING,
  type Preprocessing,
} from '../../src/core/preprocessing.js';
import {tf, type Tensor, type Tensor4D} from '../../src/backend/tensorflow.js';
import {attachHead, type Classifier} from '../../src/heads/classifier.js';
import {toInference} from '../../src/heads/inference-model.js';
import {useBackend} from '../helpers/backend.js';
import {sharedOrSkip} from '../helpers/shared.js';
import {hashed, uniform} from '../helpers/hashed-weights.js';

interface Summary {
  readonly shape: readonly number[];
  readonly meanAbsolute: number;
  readonly values: readonly number[];
}
type Golden = Readonly<Record<string, Summary>>;

const GOLDENS = JSON.parse(
  readFileSync(new URL('../../../test/parity/goldens/resnet.json', import.meta.url), 'utf8'),
) as {
  [arch in (typeof NETWORKS)[number]]: Golden;
} & {
  real: Golden & {photo: string};
};
/** Networks with goldens of seeded weights. */
const NETWORKS = [
  'resnet18',
  'resnet50',
  'resnext50_32x4d',
  'resnext101_64x4d',
  'wide_resnet50_2',
  // of timm
  'resnet50d',
  'resnetaa50d',
  'resnetv2_18',
  'resnetv2_50',
  // of Keras
  'resnet50v2',
  // of the papers, by family.py
  'resnet18_a',
  'resnet18_c',
  'plain18',
  'resnet20',
  'resnet20_b',
  'resnet20_c',
  'plain20',
  'preact_resnet110',
  'preact_resnet164',
] as const;
const HOW_TO_REGENERATE = 'the head of test/parity/generate.py says how to make the goldens again';

/** PyTorch and TensorFlow add in another order: 1e-4 of the depth's mean magnitude, over some fifty layers of float32. */
function expectSummary(found: Tensor, {shape, meanAbsolute, values}: Summary): void {
  expect(found.shape, HOW_TO_REGENERATE).to.deep.equal(shape);
  const flat = found.dataSync();
  const at = values.map((_, i) => Math.trunc((i * (flat.length - 1)) / (values.length - 1)));
  const worst = Math.max(
    ...values.map((value, i) => Math.abs(value - flat[at[i]!]!) / (meanAbsolute + Math.abs(value))),
  );
  expect(worst, HOW_TO_REGENERATE).to.be.below(1e-4);
}

const hashedTensors = (spec: BackboneSpec): Map<string, ReturnType<typeof hashed>> =>
  new Map([...backboneShapes(spec)].map(([name, shape]) => [name, hashed(name, shape)]));

function expectDepths(
  {spec, weights}: Backbone,
  pixels: Tensor4D,
  preprocessing: Preprocessing,
  golden: Golden,
): void {
  tf.tidy(() => {
    const interpreter = inferenceInterpreter(weights);
    let y = normalize(pixels, preprocessing);
    for (let group = 0; group <= spec.lastStage; group++) {
      y = forward(interpreter, spec, y, group, group + 1);
      expectSummary(y, golden[group === 0 ? 'stem' : `stage${group}`]!);
    }
    expectSummary(tf.mean(y, [1, 2]), golden.features!);
  });
}

function hashedClassifier(arch: (typeof NETWORKS)[number]): Classifier {
  const {preprocessing: _own, ...variant} = publishedMetadata(arch);
  const spec: BackboneSpec = {arch, lastStage: stageCount(arch), ...variant};
  const backbone = {
    spec,
    preprocessing: TORCHVISION_PREPROCESSING,
    weights: toDevice(hashedTensors(spec)),
    origin: 'hashed',
  };
  const classifier = attachHead(
    backbone,
    {type: 'linear', pooling: 'avg', dropout: 0},
    Array(1000).fill('x'),
    0,
  );
  const width = featureWidth(spec);
  for (const [name, variable] of toDevice(
    new Map([
      ['fc.weight', hashed('fc.weight', [1000, width])],
      ['fc.bias', hashed('fc.bias', [1000])],
    ]),
  )) {
    classifier.weights.get(name)!.assign(variable);
    variable.dispose();
  }
  return classifier;
}

describe('the network against PyTorch, timm and Keras', () => {
  useBackend();

  for (const arch of NETWORKS) {
    it(`${arch} has its publisher's stem, stages, features and logits`, () => {
      const classifier = hashedClassifier(arch);
      const values = uniform('pixels', 2 * 96 * 64 * 3).map(u => Math.floor((u + 1) * 128));
      const pixels = tf.tensor4d(values, [2, 96, 64, 3]);
      expectDepths(classifier, pixels, TORCHVISION_PREPROCESSING, GOLDENS[arch]);
      const frozen = toInference(classifier);
      const logits = frozen.logits(pixels);
      expectSummary(logits, GOLDENS[arch].logits!);
      tf.dispose([pixels, logits]);
      frozen.dispose();
      classifier.dispose();
    });
  }

  it('the real Keras ResNet-50 up to stage 3 gives a real photo the features of PyTorch', async function () {
    const path = sharedOrSkip(this, 'weights/resnet50-imagenet-keras-stage3.safetensors');
    const backbone = await loadBackbone('resnet50', 3, path);
    expect(backbone.preprocessing).to.deep.equal(CAFFE_PREPROCESSING);
    const {data, info} = await sharp(sharedOrSkip(this, GOLDENS.real.photo), {ignoreIcc: true})
      .raw()
      .toBuffer({resolveWithObject: true});
    const whole = tf.tensor3d(new Uint8Array(data), [info.height, info.width, 3], 'int32');
    const middle = tf.slice(
      whole,
      [(info.height - 224) >> 1, (info.width - 224) >> 1, 0],
      [224, 224, 3],
    );
    const pixels = tf.expandDims<Tensor4D>(middle, 0);
    expectDepths(backbone, pixels, CAFFE_PREPROCESSING, GOLDENS.real);
    tf.dispose([whole, middle, pixels]);
    tf.dispose([...backbone.weights.values()]);
  });
});
