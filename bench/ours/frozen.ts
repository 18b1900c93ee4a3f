import type {LayerGroup} from '../../src/backbones/layer-groups.js';
import type {ImageCache} from '../../src/datasets/image-cache.js';
import type {Sample} from '../../src/datasets/image-folder.js';
import {FeatureStore} from '../../src/training/feature-store.js';
import type {Inputs} from '../../src/training/inputs.js';
import {phaseNetwork} from '../../src/training/phase-network.js';
import {PhaseTrainer} from '../../src/training/phase-trainer.js';
import {planOf, randomClassifier, ratesFrom} from './networks.js';
import {decode, findPictures, sourceOf} from './pictures.js';
import {timed, type Task, type TaskOptions} from './task.js';

/** Bytes for the activations of one part. */
const BUDGET = 4 * 2 ** 30;

/** Whole epochs of a phase whose lower groups are frozen and were run in the first: training, then validation. */
export async function frozen(options: TaskOptions): Promise<Task> {
  const {arch, batch, trained, threads} = options;
  const classifier = randomClassifier(arch);
  const rates = ratesFrom(trained as LayerGroup);
  const network = phaseNetwork(classifier, {rates, batchNorm: 'training'});
  const {classNames, train, validation} = await findPictures(options);
  const cache = await decode([...train, ...validation], classNames, classifier.preprocessing, threads);
  const inputsOf = async (samples: readonly Sample[], views: number): Promise<Inputs> => {
    const source = sourceOf(cache as ImageCache, samples, classifier.preprocessing, 'light');
    const {inputs, cached} = await new FeatureStore(source, views, {budgetBytes: BUDGET}).inputs(network);
    if (!cached) throw new Error('Expected the activations of the frozen groups to fit in memory, but found that they do not.');
    return inputs;
  };
  const [training, validating] = [await inputsOf(train, 2), await inputsOf(validation, 1)];
  const trainer = new PhaseTrainer(network, training, planOf(rates, batch));
  const epoch = async (): Promise<void> => {
    await trainer.epoch(undefined, () => {});
    await trainer.closeEpoch(validating);
  };
  await epoch();
  return () => timed(train.length + validation.length, epoch);
}
