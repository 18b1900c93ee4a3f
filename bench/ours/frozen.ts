import type {LayerGroup} from '../../src/backbones/layer-groups.js';
import type {ImageCache} from '../../src/datasets/cache/image-cache.js';
import type {Sample} from '../../src/datasets/sample.js';
import {FeatureCache} from '../../src/training/features/feature-cache.js';
import type {BatchSource} from '../../src/training/loop/batch-source.js';
import {createPhaseModel} from '../../src/training/loop/phase-model.js';
import {PhaseTrainer} from '../../src/training/loop/phase-trainer.js';
import {makePlan, randomClassifier, learningRatesFrom} from './networks.js';
import {openDecodedCache, loadDataset, makeBatchSource} from './dataset.js';
import {timed, type Task, type TaskOptions} from './task.js';

/** Bytes for the activations of one part. */
const BUDGET = 4 * 2 ** 30;

/** Whole epochs of a phase whose lower groups are frozen and were run in the first: training, then validation. */
export async function frozenTask(options: TaskOptions): Promise<Task> {
  const {arch, batch, trained, threads} = options;
  const classifier = randomClassifier(arch);
  const learningRates = learningRatesFrom(trained as LayerGroup);
  const network = createPhaseModel(classifier, {learningRates, batchNorm: 'training'});
  const {classNames, train, validation} = await loadDataset(options);
  const cache = await openDecodedCache(
    [...train, ...validation],
    classNames,
    classifier.preprocessing,
    threads,
  );
  const makeSource = async (samples: readonly Sample[], views: number): Promise<BatchSource> => {
    const source = makeBatchSource(cache as ImageCache, samples, classifier.preprocessing, 'light');
    const {inputs, cached} = await new FeatureCache(source, views, {
      memoryLimitBytes: BUDGET,
    }).inputs(network);
    if (!cached) throw new Error('The activations of the frozen groups do not fit in memory.');
    return inputs;
  };
  const [trainingSource, validationSource] = [
    await makeSource(train, 2),
    await makeSource(validation, 1),
  ];
  const trainer = new PhaseTrainer(network, trainingSource, makePlan(learningRates, batch));
  const epoch = async (): Promise<void> => {
    await trainer.epoch(undefined, () => {});
    await trainer.endEpoch(validationSource);
  };
  await epoch();
  return () => timed(train.length + validation.length, epoch);
}
