import {join} from 'node:path';
import {expect} from 'chai';
import {forward} from '../../src/backbones/forward.js';
import {inferenceInterpreter} from '../../src/backbones/interpreters.js';
import {loadBackbone} from '../../src/backbones/load-backbone.js';
import type {Arch, LastStage} from '../../src/backbones/resnet-specs.js';
import {publishedMetadata} from '../../src/backbones/weights/weights-metadata.js';
import {tf, type Tensor4D} from '../../src/backend/tensorflow.js';
import {exportModel} from '../../src/export/export-model.js';
import type {Classifier} from '../../src/heads/classifier.js';
import {FrozenBackbone} from '../../src/heads/frozen-backbone.js';
import {useBackend} from '../helpers/backend.js';
import {draw, largestDifference} from '../helpers/gradients.js';
import {randomClassifier} from '../helpers/random-classifier.js';
import {runAndTell, smallFolder, smallRecipe} from '../helpers/small-run.js';
import {temporaryDirectory} from '../helpers/temporary.js';

/** A network of each kind, cut off where the rest is the same again. */
const KINDS: readonly (readonly [Arch, LastStage])[] = [
  ['resnet50d', 2],
  ['resnetaa50d', 2],
  ['resnetv2_18', 4],
  ['resnetv2_50', 2],
  ['resnet50v2', 2],
  ['resnet18_a', 2],
  ['resnet18_c', 2],
  ['plain18', 2],
  ['resnet20', 3],
  ['resnet20_b', 2],
  ['plain20', 3],
  ['preact_resnet110', 2],
  ['preact_resnet164', 2],
];
const SIZE = 64;
const images = (): Tensor4D => draw('images', [2, SIZE, SIZE, 3]);

const classifierOf = ([arch, lastStage]: readonly [Arch, LastStage]): Classifier => {
  const {preprocessing: _own, ...variant} = publishedMetadata(arch);
  return randomClassifier({spec: {arch, lastStage, ...variant}, size: SIZE});
};

/** Largest difference, relative to the largest value. */
function relativeDifference(found: Tensor4D, expected: Tensor4D): number {
  const largest = tf.max(tf.abs(expected)).dataSync()[0]!;
  expect(largest).to.be.within(1e-6, 1e6);
  return largestDifference(found, expected) / largest;
}

for (const kind of KINDS) {
  const [arch, lastStage] = kind;
  describe(`${arch} up to stage ${lastStage}`, () => {
    useBackend();

    let classifier: Classifier;
    before(() => {
      classifier = classifierOf(kind);
    });
    after(() => classifier.dispose());

    it('computes frozen, compiled and in bfloat16 what it computes in inference', () => {
      const {spec, weights} = classifier;
      const frozen = new FrozenBackbone(classifier, lastStage);
      const until = lastStage;
      tf.tidy(() => {
        const x = forward(inferenceInterpreter(weights), spec, images(), 0, 1);
        const expected = forward(inferenceInterpreter(weights), spec, x, 1, until);
        for (const _run of ['op by op', 'compiled'])
          expect(relativeDifference(frozen.run(x, 1, until) as Tensor4D, expected)).to.be.below(
            1e-4,
          );
        const lowered = frozen.run(x, 1, until, 'bf16') as Tensor4D;
        expect(relativeDifference(lowered, expected)).to.be.below(0.05);
      });
      frozen.dispose();
    });

    it('is exported; the model computes the same, and its weights load again', async () => {
      const directory = join(temporaryDirectory(), 'model');
      const {record, verification} = await exportModel(classifier, directory);
      expect([record.arch, record.lastStage]).to.deep.equal([arch, lastStage]);
      expect(verification.numImages).to.be.above(0);
      for (const file of ['model.safetensors', 'model.json']) {
        const again = await loadBackbone(arch, lastStage, join(directory, file));
        tf.tidy(() => {
          const run = (of: typeof again.weights): Tensor4D =>
            forward(inferenceInterpreter(of), classifier.spec, images());
          expect(relativeDifference(run(again.weights), run(classifier.weights))).to.equal(0);
        });
        tf.dispose([...again.weights.values()]);
      }
    });
  });
}

describe('a run of the family', () => {
  useBackend();

  for (const arch of ['resnet50d', 'resnetv2_18', 'resnet50v2', 'resnet20', 'plain20'] as const) {
    it(`trains ${arch}: probe, then stem and first stage, in traced steps`, async () => {
      const folder = await smallFolder();
      const {result} = await runAndTell(folder, smallRecipe(folder, {arch}));
      expect(result.history).to.have.length(4);
      for (const {trainingLoss} of result.history) expect(trainingLoss).to.be.within(0, 10);
    });
  }
});
