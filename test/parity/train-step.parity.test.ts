import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {disposeWeights, toHost, loadStateDict, toDevice} from '../../src/backbones/parameters.js';
import {backboneShapes} from '../../src/backbones/network.js';
import {stageCount, type BackboneSpec} from '../../src/backbones/resnet-specs.js';
import {publishedMetadata} from '../../src/backbones/weights/weights-metadata.js';
import type {CpuTensor, StateDict} from '../../src/core/state-dict.js';
import {LAYER_GROUPS, type LayerGroup} from '../../src/backbones/layer-groups.js';
import {withImageSize, TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import {tf, type Scalar} from '../../src/backend/tensorflow.js';
import {attachHead, type Classifier} from '../../src/heads/classifier.js';
import {headShapes} from '../../src/heads/head.js';
import {createOptimizer} from '../../src/training/loop/optimizer.js';
import {createPhaseModel} from '../../src/training/loop/phase-model.js';
import {trainStep} from '../../src/training/loop/train-step.js';
import {useBackend} from '../helpers/backend.js';
import {hashed, uniform} from '../helpers/hashed-weights.js';

interface Run {
  readonly losses: readonly number[];
  readonly after: Readonly<Record<string, readonly number[]>>;
  /** Largest relative error of PyTorch's own float32: deep networks amplify rounding from step to step. */
  readonly float32Error: {readonly losses: number; readonly after: number};
}

/** Ours may be off by three times what PyTorch's float32 is, or by 1e-4. */
const tolerance = (float32Error: number): number => Math.max(1e-4, 3 * float32Error);

/** Made by generate_train.py, whose rules these are. */
const GOLDEN = JSON.parse(
  readFileSync(new URL('../../../test/parity/goldens/train.json', import.meta.url), 'utf8'),
) as Readonly<Record<(typeof ARCHS)[number], Readonly<Record<string, Run>>>>;
/** Two networks with every rule, and one of each other kind with two. */
const ARCHS = [
  ...(['resnet18', 'resnext50_32x4d', 'resnet50d', 'resnetv2_18', 'resnet20'] as const),
  ...(['resnet20_b', 'resnet18_c', 'plain20', 'preact_resnet164'] as const),
];
const [SIZE, BATCH, CLASSES] = [64, 4, 10];
const RATES = {stem: 1e-4, stage1: 2e-4, stage2: 3e-4, stage3: 4e-4, stage4: 5e-4, head: 1e-3};
const TIMES = {sgd: 20, adamw: 0.1};
const RULES = {labelSmoothing: 0.1, clipNorm: 1, bnMomentum: 0.1};
const HOW_TO_REGENERATE =
  'the head of test/parity/generate_train.py says how to make the golden again';

function specOf(arch: (typeof ARCHS)[number]): BackboneSpec {
  const {preprocessing: _own, ...variant} = publishedMetadata(arch);
  return {arch, lastStage: stageCount(arch), ...variant};
}

function hashedClassifier(spec: BackboneSpec, tensors: StateDict): Classifier {
  const backbone = {
    spec,
    preprocessing: withImageSize(TORCHVISION_PREPROCESSING, SIZE),
    weights: toDevice(tensors),
    origin: 'hashed',
  };
  const classifier = attachHead(
    backbone,
    {type: 'linear', pooling: 'avg', dropout: 0},
    Array.from({length: CLASSES}, String),
    0,
  );
  loadStateDict(
    classifier.weights,
    new Map([...headShapes(classifier.layers)].map(([name, shape]) => [name, hashed(name, shape)])),
  );
  return classifier;
}

/** Three steps on the same four images. */
function steps(
  classifier: Classifier,
  type: keyof typeof TIMES,
  batchNorm: 'inference' | 'training',
): number[] {
  const network = createPhaseModel(classifier, {learningRates: RATES, batchNorm});
  const optimizer = createOptimizer({type, weightDecay: 0.05}, network.trainable);
  const losses = [0, 1, 2].map(() =>
    tf.tidy(() => {
      const values = uniform('train pixels', BATCH * SIZE * SIZE * 3).map(u =>
        Math.floor((u + 1) * 128),
      );
      const rates = Object.fromEntries(
        LAYER_GROUPS.map(group => [group, tf.scalar(RATES[group] * TIMES[type])]),
      ) as Record<LayerGroup, Scalar>;
      const loss = trainStep(network, optimizer, RULES, {
        x: network.forwardFrozen(tf.tensor4d(values, [BATCH, SIZE, SIZE, 3])),
        labels: tf.tensor1d([3, 1, 4, 1], 'int32'),
        sampleWeights: tf.ones([BATCH]),
        learningRates: rates,
        dropoutSeed: tf.tensor1d([0, 0], 'int32'),
      });
      return loss.dataSync()[0]!;
    }),
  );
  optimizer.dispose();
  network.dispose();
  return losses;
}

/** Largest distance between values and those of PyTorch, relative to the largest of them. */
function distance(data: Float32Array, expected: readonly number[]): number {
  const at = expected.map((_, i) => Math.trunc((i * (data.length - 1)) / (expected.length - 1)));
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - data[at[i]!]!))) / largest;
}

for (const arch of ARCHS) {
  describe(`three training steps of ${arch} against PyTorch`, () => {
    useBackend();
    const spec = specOf(arch);
    const tensors = new Map<string, CpuTensor>();

    before('hash the weights', () =>
      backboneShapes(spec).forEach((shape, name) => tensors.set(name, hashed(name, shape))),
    );

    for (const type of ['sgd', 'adamw'] as const) {
      for (const batchNorm of ['inference', 'training'] as const) {
        const golden = GOLDEN[arch][`${type}, ${batchNorm}`];
        if (golden === undefined) continue;
        it(`${type}, batch norms with the statistics of ${batchNorm}`, () => {
          const {losses, after, float32Error} = golden;
          const classifier = hashedClassifier(spec, tensors);
          const found = steps(classifier, type, batchNorm);
          const moved = toHost(classifier.weights, name => name in after);
          disposeWeights(classifier.weights);
          found.forEach((loss, i) =>
            expect(loss / losses[i]!, HOW_TO_REGENERATE).to.be.closeTo(
              1,
              i === 0 ? 1e-4 : tolerance(float32Error.losses),
            ),
          );
          for (const [name, expected] of Object.entries(after)) {
            expect(
              distance(moved.get(name)!.data, expected),
              `${name}; ${HOW_TO_REGENERATE}`,
            ).to.be.below(tolerance(float32Error.after));
          }
        });
      }
    }
  });
}
