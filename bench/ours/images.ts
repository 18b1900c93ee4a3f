import {TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import type {AugmentationName} from '../../src/datasets/augmentation/augment.js';
import type {ImageCache} from '../../src/datasets/cache/image-cache.js';
import {tf} from '../../src/backend/tensorflow.js';
import {imageBatchSource} from '../../src/training/loop/batch-source.js';
import {createPhaseModel} from '../../src/training/loop/phase-model.js';
import {randomClassifier, learningRatesFrom} from './networks.js';
import {openDecodedCache, loadDataset, makeBatchSource} from './dataset.js';
import {timed, type Task, type TaskOptions} from './task.js';

const BATCH = 32;

/** Epochs that a reading of later epochs takes. */
const EPOCHS = 4;

/** Files to normalized batches on the device, as the first epoch of a run sees them, or the later ones. */
export async function imagesTask(options: TaskOptions): Promise<Task> {
  const {mode, threads} = options;
  const {classNames, train, validation} = await loadDataset(options);
  const samples = [...train, ...validation];
  const network = createPhaseModel(randomClassifier('resnet18'), {
    learningRates: learningRatesFrom('stem'),
    batchNorm: 'training',
  });
  const openCache = (): Promise<ImageCache> =>
    openDecodedCache(samples, classNames, TORCHVISION_PREPROCESSING, threads);
  const order = samples.map((_, index) => index);
  const runEpoch = async (
    cache: ImageCache,
    augmentation: AugmentationName,
    epoch: number | null,
  ): Promise<void> => {
    const inputs = imageBatchSource(
      makeBatchSource(cache, samples, TORCHVISION_PREPROCESSING, augmentation),
    );
    for await (const {x} of inputs.batches(order, BATCH, epoch))
      tf.dispose([x, network.forwardToFrozenDepth(x)]);
  };
  const runFirstEpoch = async (): Promise<void> => {
    const cache = await openCache();
    await runEpoch(cache, 'none', null);
    await cache.close();
  };
  if (mode === 'first') {
    await runFirstEpoch();
    return () => timed(samples.length, runFirstEpoch);
  }
  const cache = await openCache();
  const runLaterEpochs = async (): Promise<void> => {
    for (let epoch = 1; epoch <= EPOCHS; epoch++) await runEpoch(cache, 'light', epoch);
  };
  await runEpoch(cache, 'light', 1);
  return () => timed(EPOCHS * samples.length, runLaterEpochs);
}
