import {TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import type {AugmentationName} from '../../src/datasets/augment.js';
import type {ImageCache} from '../../src/datasets/image-cache.js';
import {tf} from '../../src/engine/tensorflow.js';
import {pictureInputs} from '../../src/training/inputs.js';
import {phaseNetwork} from '../../src/training/phase-network.js';
import {randomClassifier, ratesFrom} from './networks.js';
import {decode, findPictures, sourceOf} from './pictures.js';
import {timed, type Task, type TaskOptions} from './task.js';

const BATCH = 32;

/** Epochs that a reading of later epochs takes. */
const EPOCHS = 4;

/** Files to normalised batches on the device, as the first epoch of a run sees them, or the later ones. */
export async function images(options: TaskOptions): Promise<Task> {
  const {mode, threads} = options;
  const {classNames, train, validation} = await findPictures(options);
  const samples = [...train, ...validation];
  const network = phaseNetwork(randomClassifier('resnet18'), {rates: ratesFrom('stem'), batchNorm: 'training'});
  const open = (): Promise<ImageCache> => decode(samples, classNames, TORCHVISION_PREPROCESSING, threads);
  const order = samples.map((_, index) => index);
  const show = async (cache: ImageCache, augmentation: AugmentationName, epoch: number | null): Promise<void> => {
    const inputs = pictureInputs(sourceOf(cache, samples, TORCHVISION_PREPROCESSING, augmentation));
    for await (const {x} of inputs.batches(order, BATCH, epoch)) tf.dispose([x, network.toBoundary(x)]);
  };
  const first = async (): Promise<void> => {
    const cache = await open();
    await show(cache, 'none', null);
    await cache.close();
  };
  if (mode === 'first') {
    await first();
    return () => timed(samples.length, first);
  }
  const cache = await open();
  const later = async (): Promise<void> => {
    for (let epoch = 1; epoch <= EPOCHS; epoch++) await show(cache, 'light', epoch);
  };
  await show(cache, 'light', 1);
  return () => timed(EPOCHS * samples.length, later);
}
