import {expect} from 'chai';
import {join} from 'node:path';
import {tf} from '../../src/backend/tensorflow.js';
import {exportModel} from '../../src/export/export-model.js';
import {ModelMismatchError, verifyModel} from '../../src/export/verify-model.js';
import type {Classifier} from '../../src/heads/classifier.js';
import {useBackend} from '../helpers/backend.js';
import {
  KERAS_FAMILY,
  randomClassifier,
  randomPixels,
  type ClassifierOptions,
} from '../helpers/random-classifier.js';
import {rejectionOf} from '../helpers/rejection.js';
import {temporaryDirectory} from '../helpers/temporary.js';

async function withModel(
  options: ClassifierOptions,
  use: (classifier: Classifier, directory: string) => Promise<void>,
): Promise<void> {
  const classifier = randomClassifier(options);
  const directory = join(temporaryDirectory(), 'model');
  try {
    await exportModel(classifier, directory);
    await use(classifier, directory);
  } finally {
    classifier.dispose();
  }
}

const CASES: readonly (readonly [string, ClassifierOptions])[] = [
  ['stage 1', {spec: {lastStage: 1}}],
  ['stages 1 to 2', {spec: {lastStage: 2}}],
  ['stages 1 to 4', {spec: {lastStage: 4}}],
  ["bottlenecks of torchvision's family", {spec: {arch: 'resnet50'}}],
  ["bottlenecks of Keras' family", {spec: {arch: 'resnet50', ...KERAS_FAMILY}}],
  ['both poolings', {head: {pooling: 'avg+max'}}],
  ['a hidden layer on both poolings', {head: {type: 'mlp', pooling: 'avg+max'}}],
  ['two classes', {classNames: ['no', 'yes']}],
  ['images of an odd size', {size: 75}],
];

describe('verifyModel', () => {
  useBackend();

  for (const [what, options] of CASES) {
    it(`finds what was exported equal to what was trained: ${what}`, () =>
      withModel(options, async (classifier, directory) => {
        const proof = await verifyModel(classifier, directory, [
          randomPixels(3, options.size ?? 64),
        ]);
        expect(proof.numImages).to.equal(3);
        expect(proof.maxDifference).to.be.greaterThan(0).and.lessThan(1e-5);
      }));
  }

  it('notices weights that have moved since, and says by how much', () =>
    withModel({spec: {lastStage: 1}}, async (classifier, directory) => {
      const bias = classifier.weights.get('fc.bias')!;
      tf.tidy(() => bias.assign(tf.add(bias, tf.tensor1d([0, 0.01, 0]))));
      const error = (await rejectionOf(
        verifyModel(classifier, directory, [randomPixels(3, 64)]),
      )) as ModelMismatchError;
      expect(error).to.be.instanceOf(ModelMismatchError);
      expect({
        code: error.code,
        exitCode: error.exitCode,
        file: error.file,
        imageIndex: error.imageIndex,
        className: error.className,
      }).to.deep.equal({
        code: 'MODEL_MISMATCH',
        exitCode: 1,
        file: 'model.json',
        imageIndex: 0,
        className: 'ants',
      });
      expect(error.found - error.expected)
        .to.be.greaterThan(1e-4)
        .and.lessThan(0.01);
      expect(error.message).to.equal(
        `model.json gives class "ants" of image 0 the probability ${error.found}; the trained classifier gives ${error.expected}. Report this with the run's recipe.json.`,
      );
    }));

  it('counts images over batches', () =>
    withModel({spec: {lastStage: 1}}, async (classifier, directory) => {
      const filters = classifier.weights.get('conv1.weight')!;
      tf.tidy(() => filters.assign(tf.mul(filters, tf.tensor4d([1.05, 1, 1], [1, 1, 3, 1]))));
      const colored = randomPixels(1, 64);
      const meanRed = colored.map((value, i) => (i % 3 === 0 ? 124 : value)); // normalized, next to nothing
      async function* batches(): AsyncGenerator<Uint8Array> {
        yield meanRed;
        yield Uint8Array.from([...meanRed, ...colored]);
      }
      expect(await rejectionOf(verifyModel(classifier, directory, batches()))).to.include({
        code: 'MODEL_MISMATCH',
        imageIndex: 2,
      });
    }));

  it('does not call verified what was not tried', () =>
    withModel({spec: {lastStage: 1}}, async (classifier, directory) => {
      const error = await rejectionOf(verifyModel(classifier, directory, []));
      expect(error.message).to.equal(
        'There are no images to verify the exported model on. Give at least one.',
      );
    }));

  it('does not let pass what is no number', () =>
    withModel({spec: {lastStage: 1}}, async (classifier, directory) => {
      const bias = classifier.weights.get('fc.bias')!;
      tf.tidy(() => bias.assign(tf.tensor1d([0, NaN, 0])));
      expect(
        await rejectionOf(verifyModel(classifier, directory, [randomPixels(1, 64)])),
      ).to.have.property('code', 'MODEL_MISMATCH');
      expect((await rejectionOf(exportModel(classifier, directory))).message).to.match(
        /numbers of tensor "fc\.bias" not finite/,
      );
    }));
});
