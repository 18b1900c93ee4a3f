import {AbortedError} from '../../core/errors.js';
import type {ImageFolder} from '../../datasets/sample.js';
import type {RunEventListener} from '../events.js';
import type {FinetuneOptions} from '../finetune-options.js';
import {finetune} from '../finetune.js';
import type {RecipeInput} from '../recipe/recipe.js';
import {resolveRecipe} from '../recipe/resolve-recipe.js';

/** What a network reached from random weights in a limited time. */
export interface ScratchResult {
  /** Highest validation accuracy of an epoch, as a fraction. */
  readonly accuracy: number;
  /** Finished epochs. How many fit into the time depends on the machine. */
  readonly epochs: number;
  /** Seconds of training and validation. */
  readonly seconds: number;
}

/**
 * Recipe of the training from random weights. The length of its schedule is unknown, so the rate hardly decays: of the rates tried on the
 * drawn images (0.001 and 0.0004), this one reached the higher accuracy.
 */
const SCRATCH_RECIPE: RecipeInput = {
  weights: 'none',
  freeze: 'full',
  epochs: 100,
  lr: 4e-4,
  warmup: 0.01,
  batchSize: 16,
  augment: 'light',
  batchNorm: 'training',
};

export interface ScratchOptions extends Pick<
  FinetuneOptions,
  'backend' | 'device' | 'signal' | 'workers'
> {
  /** Seconds after which no further epoch begins. The first one always ends. */
  readonly seconds: number;
  /** Called with the seconds spent on training. */
  readonly onSeconds?: (seconds: number) => void;
}

/**
 * Trains a network from random weights for a limited time, and measures its validation accuracy after every epoch. Decoding the images is
 * not part of the time. Nothing is written.
 * @param given network, input and split: those of the run to compare with
 * @throws AbortedError if the signal fires; all other errors of `finetune`
 */
export async function trainFromScratch(
  folder: ImageFolder,
  given: RecipeInput,
  {seconds: budget, onSeconds, signal, ...options}: ScratchOptions,
): Promise<ScratchResult> {
  const recipe = resolveRecipe({...given, ...SCRATCH_RECIPE}, folder);
  const timeIsOver = new AbortController();
  let result: ScratchResult = {accuracy: 0, epochs: 0, seconds: 0};
  let startTime = performance.now();
  const onEvent: RunEventListener = event => {
    if (event.type === 'phase') startTime = performance.now();
    const seconds = (performance.now() - startTime) / 1000;
    if (event.type === 'progress' && event.activity === 'train') onSeconds?.(seconds);
    if (event.type !== 'epoch') return;
    const accuracy = Math.max(result.accuracy, event.metrics.accuracy);
    result = {accuracy, epochs: event.epoch + 1, seconds};
    if (seconds >= budget) timeIsOver.abort();
  };
  const signals = [timeIsOver.signal, ...(signal === undefined ? [] : [signal])];
  try {
    const {classifier} = await finetune(folder, recipe, {
      ...options,
      offline: true,
      signal: AbortSignal.any(signals),
      onEvent,
    });
    classifier.dispose();
  } catch (error) {
    if (!(error instanceof AbortedError) || signal?.aborted === true) throw error;
  }
  return result;
}
