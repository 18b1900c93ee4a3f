import {expect} from 'chai';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import {tf, type Tensor2D} from '../../../src/backend/tensorflow.js';
import type {GroupLearningRates} from '../../../src/backbones/layer-groups.js';
import {evaluateBatches, isBetter} from '../../../src/training/metrics/evaluate.js';
import {imageBatchSource} from '../../../src/training/loop/batch-source.js';
import {NanProbabilityError, type Metrics} from '../../../src/training/metrics/metrics.js';
import {createPhaseModel, type PhaseModel} from '../../../src/training/loop/phase-model.js';
import {readImageBatches, batchToDevice} from '../../../src/training/loop/image-dataset.js';
import {useBackend} from '../../helpers/backend.js';
import {imageDataset} from '../../helpers/image-dataset.js';
import {randomClassifier} from '../../helpers/random-classifier.js';
import {rejectionOf} from '../../helpers/rejection.js';

const PROBE: GroupLearningRates = {
  stem: null,
  stage1: null,
  stage2: null,
  stage3: null,
  stage4: null,
  head: 0.1,
};
/** More than are evaluated at a time. */
const COUNT = 70;

describe('evaluation', () => {
  useBackend();

  const made: {dispose(): void}[] = [];
  afterEach(() => made.splice(0).forEach(thing => thing.dispose()));

  function network(head: {dropout: number} = {dropout: 0.5}): PhaseModel {
    const classifier = randomClassifier({spec: {lastStage: 1}, size: 32, head});
    const probe = createPhaseModel(classifier, {learningRates: PROBE, batchNorm: 'training'});
    made.push(classifier, probe);
    return probe;
  }

  it('counts every image once, whatever the batches, as it is shown: plain and without dropout', async () => {
    const [probe, source] = [network(), imageDataset({count: COUNT})];
    const parts: Float32Array[] = [];
    const metrics = await evaluateBatches(probe, imageBatchSource(source), {
      onProbabilities: part => parts.push(part),
    });
    const probabilities = parts.flatMap(part => [...part]);
    let expected: number[][] = [];
    for await (const batch of readImageBatches(
      source,
      Array.from({length: COUNT}, (_, i) => i),
      COUNT,
      null,
    )) {
      expected = tf.tidy(
        () =>
          tf
            .softmax(probe.forwardFromFrozenDepth(probe.forwardFrozen(batchToDevice(batch, 32))))
            .arraySync() as number[][],
      );
    }
    probabilities.forEach((value, i) => expect(value).to.be.closeTo(expected.flat()[i]!, 1e-5));
    const labels = source.samples.map(({label}) => label);
    const loss = expected.reduce((sum, row, i) => sum - Math.log(row[labels[i]!]!), 0) / COUNT;
    const right = expected.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
    expect(metrics.loss).to.be.closeTo(loss, 1e-4);
    expect([metrics.numImages, metrics.accuracy]).to.deep.equal([COUNT, right / COUNT]);
    expect(parts.map(part => part.length)).to.deep.equal([64 * 3, 6 * 3]);
  });

  // A tensor gets its handle when it is first used, and the frozen groups their session when they are run again: both have happened before.
  const evaluateTwice = async (probe: PhaseModel): Promise<void> => {
    for (let time = 0; time < 2; time++)
      await evaluateBatches(probe, imageBatchSource(imageDataset()));
  };

  it('leaves nothing on the device', async () => {
    const probe = network();
    await evaluateTwice(probe);
    const before = [tf.memory().numTensors, countNativeHandles()];
    await evaluateBatches(probe, imageBatchSource(imageDataset({count: COUNT})));
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });

  it('stops where a probability is no number, and leaves nothing then', async () => {
    const probe = network();
    await evaluateTwice(probe);
    tf.tidy(() => probe.trainable.get('fc.weight')!.assign(tf.fill([64, 3], NaN) as Tensor2D));
    const before = [tf.memory().numTensors, countNativeHandles()];
    expect(
      await rejectionOf(evaluateBatches(probe, imageBatchSource(imageDataset()))),
    ).to.be.instanceOf(NanProbabilityError);
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });

  it('can be stopped between batches', async () => {
    const stop = new AbortController();
    const probe = network();
    setImmediate(() => stop.abort());
    const inputs = imageBatchSource(imageDataset({count: 130, signal: stop.signal}));
    expect((await rejectionOf(evaluateBatches(probe, inputs))).name).to.equal('AbortedError');
  });
});

describe('isBetter', () => {
  const of = (accuracy: number, loss: number): Metrics => ({accuracy, loss}) as Metrics;
  const table: readonly (readonly [
    what: string,
    one: Metrics,
    other: Metrics | undefined,
    better: boolean,
  ])[] = [
    ['anything than nothing', of(0, 9), undefined, true],
    ['a higher accuracy, whatever the loss', of(0.9, 2), of(0.8, 1), true],
    ['not a lower accuracy', of(0.8, 1), of(0.9, 2), false],
    ['a lower loss between equals', of(0.9, 1), of(0.9, 2), true],
    ['not a higher loss between equals', of(0.9, 2), of(0.9, 1), false],
    ['not the same', of(0.9, 1), of(0.9, 1), false],
  ];
  it('goes by balanced accuracy where classes are to count alike', () => {
    const [even, uneven] = [
      {...of(0.8, 1), balancedAccuracy: 0.8},
      {...of(0.9, 1), balancedAccuracy: 0.6},
    ];
    expect([isBetter(even, uneven), isBetter(even, uneven, 'balancedAccuracy')]).to.deep.equal([
      false,
      true,
    ]);
  });
  for (const [what, one, other, better] of table)
    it(`prefers ${what}`, () => expect(isBetter(one, other)).to.equal(better));
});
