import {join} from 'node:path';
import {expect} from 'chai';
import {forward, type Interpreter} from '../../src/backbones/forward.js';
import {inferenceInterpreter, trainingInterpreter} from '../../src/backbones/interpreters.js';
import {loadBackbone} from '../../src/backbones/load-backbone.js';
import {backboneShapes, networkConvNorms} from '../../src/backbones/network.js';
import {getKernel, type ParameterMap} from '../../src/backbones/parameters.js';
import {ops} from '../../src/backend/ops/current-ops.js';
import {tf, type Tensor4D, type Variable} from '../../src/backend/tensorflow.js';
import {exportModel} from '../../src/export/export-model.js';
import type {Classifier} from '../../src/heads/classifier.js';
import {FrozenBackbone} from '../../src/heads/frozen-backbone.js';
import {useBackend} from '../helpers/backend.js';
import {draw, largestDifference} from '../helpers/gradients.js';
import {randomClassifier} from '../helpers/random-classifier.js';
import {runAndTell, smallFolder, smallRecipe} from '../helpers/small-run.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const SIZE = 64;
const images = (): Tensor4D => draw('images', [2, SIZE, SIZE, 3]);

/** Every convolution in groups as convolutions without, one a group. */
const groupByGroup =
  (weights: ParameterMap): Interpreter<Tensor4D>['conv'] =>
  ({name, stride, padding, groups}, x) => {
    const filter = getKernel(weights, `${name}.weight`);
    if (groups === 1) return ops().conv2d(x, filter, stride, padding);
    const filters: Tensor4D[] = tf.split(filter, groups, 3);
    const inputs: Tensor4D[] = tf.split(x, groups, 3);
    return tf.concat4d(
      inputs.map((input, i) => ops().conv2d(input, filters[i]!, stride, padding)),
      3,
    );
  };

const expectSame = (found: Tensor4D, expected: Tensor4D): void => {
  const largest = tf.max(tf.abs(expected)).dataSync()[0]!;
  expect(largest).to.be.above(0);
  expect(largestDifference(found, expected) / largest).to.be.below(1e-4);
};

describe('ResNeXt-50 32x4d', () => {
  useBackend();

  let classifier: Classifier;
  before(() => {
    classifier = randomClassifier({spec: {arch: 'resnext50_32x4d', lastStage: 4}, size: SIZE});
  });
  after(() => classifier.dispose());

  it("has torchvision's shapes", () => {
    const shapes = backboneShapes(classifier.spec);
    const filters = [1, 2, 3, 4].map(stage => shapes.get(`layer${stage}.0.conv2.weight`));
    expect(filters).to.deep.equal([
      [128, 4, 3, 3],
      [256, 8, 3, 3],
      [512, 16, 3, 3],
      [1024, 32, 3, 3],
    ]);
    expect(shapes.get('layer4.2.conv3.weight')).to.deep.equal([2048, 1024, 1, 1]);
    const inGroups = networkConvNorms(classifier.spec).filter(({conv}) => conv.groups === 32);
    expect(inGroups).to.have.length(3 + 4 + 6 + 3);
  });

  it('computes in inference what its groups compute one by one', () => {
    const {spec, weights} = classifier;
    const {convNorm: _convNorm, ...kinds} = inferenceInterpreter(weights);
    tf.tidy(() =>
      expectSame(
        forward(inferenceInterpreter(weights), spec, images()),
        forward({...kinds, conv: groupByGroup(weights)}, spec, images()),
      ),
    );
  });

  it('computes frozen, compiled and in bfloat16 too, what it computes in inference', () => {
    const {spec, weights} = classifier;
    const frozen = new FrozenBackbone(classifier, 3);
    tf.tidy(() => {
      const x = forward(inferenceInterpreter(weights), spec, images(), 0, 1);
      const expected = forward(inferenceInterpreter(weights), spec, x, 1, 3);
      for (const _run of ['op by op', 'compiled'])
        expectSame(frozen.run(x, 1, 3) as Tensor4D, expected);
      const lowered = frozen.run(x, 1, 3, 'bf16') as Tensor4D;
      const largest = tf.max(tf.abs(expected)).dataSync()[0]!;
      expect(largestDifference(lowered, expected) / largest).to.be.below(0.05);
    });
    frozen.dispose();
  });

  it('has the gradients of its groups, one by one', () => {
    const {spec, weights} = classifier;
    const trained = ['layer1.0.conv2.weight', 'layer2.0.conv2.weight', 'layer2.3.conv2.weight'];
    const gradients = (interpreter: Interpreter<Tensor4D>): Tensor4D[] => {
      const variables = trained.map(name => weights.get(name) as Variable);
      const {grads} = tf.variableGrads(
        () => tf.sum(tf.square(forward(interpreter, spec, images(), 0, 3))).asScalar(),
        variables,
      );
      return variables.map(({name}) => grads[name] as Tensor4D);
    };
    const training = trainingInterpreter(weights, (_, {mean, variance}) =>
      tf.dispose([mean, variance]),
    );
    tf.tidy(() => {
      const found = gradients(training);
      const expected = gradients({...training, conv: groupByGroup(weights)});
      found.forEach((gradient, i) => expectSame(gradient, expected[i]!));
    });
  });

  it('is trained by a run: probe, then stem and first stage, in traced steps', async () => {
    const folder = await smallFolder();
    const recipe = smallRecipe(folder, {arch: 'resnext50_32x4d'});
    const {result} = await runAndTell(folder, recipe);
    expect(result.history).to.have.length(4);
    for (const {trainingLoss} of result.history) expect(trainingLoss).to.be.within(0, 10);
  });

  it('is exported, the exported model computes the same, and its weights load again', async () => {
    const small = randomClassifier({spec: {arch: 'resnext50_32x4d', lastStage: 2}, size: SIZE});
    const directory = join(temporaryDirectory(), 'model');
    const {record, verification} = await exportModel(small, directory);
    expect(record.arch).to.equal('resnext50_32x4d');
    expect(verification.numImages).to.be.above(0);
    for (const file of ['model.safetensors', 'model.json']) {
      const again = await loadBackbone('resnext50_32x4d', 2, join(directory, file));
      tf.tidy(() => {
        for (const [name, variable] of again.weights)
          expect(
            largestDifference(variable as never, small.weights.get(name) as never),
            name,
          ).to.be.below(1e-7);
      });
      tf.dispose([...again.weights.values()]);
    }
    small.dispose();
  });
});
