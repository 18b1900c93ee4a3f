import {loadImageFolder} from '../../src/datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../src/datasets/sample.js';
import {countNativeHandles} from '../../src/backend/graph/binding.js';
import {tf} from '../../src/backend/tensorflow.js';
import type {RunEvent} from '../../src/finetune/events.js';
import {finetune} from '../../src/finetune/finetune.js';
import type {FinetuneResult} from '../../src/finetune/finetune-result.js';
import type {FinetuneOptions} from '../../src/finetune/finetune-options.js';
import type {Phase} from '../../src/finetune/recipe/phases.js';
import type {Recipe, RecipeInput} from '../../src/finetune/recipe/recipe.js';
import {resolveRecipe} from '../../src/finetune/recipe/resolve-recipe.js';
import type {LayerGroup} from '../../src/backbones/layer-groups.js';
import {drawnFolder, type DrawnFolderOptions} from './drawn-folder.js';

/** A phase that trains some groups, and freezes the others. */
export const phase = (
  name: string,
  epochs: number,
  learningRates: Partial<Record<LayerGroup, number>>,
): Phase => ({
  name,
  epochs,
  learningRates: {
    stem: null,
    stage1: null,
    stage2: null,
    stage3: null,
    stage4: null,
    head: null,
    ...learningRates,
  },
});

export const PROBE = phase('probe', 2, {head: 3e-3});
export const ALL = phase('full', 2, {stem: 1e-3, stage1: 1e-3, head: 1e-3});

export const smallFolder = async (options: DrawnFolderOptions = {}): Promise<ImageFolder> =>
  loadImageFolder(await drawnFolder(options));

/** A recipe whose run takes a second: the stem and stage 1 of a ResNet-18, random, at 32 px; everything that draws at random does. */
export const smallRecipe = (folder: ImageFolder, options: RecipeInput = {}): Recipe =>
  resolveRecipe(
    {
      arch: 'resnet18',
      weights: 'none',
      lastStage: 1,
      imageSize: 32,
      batchSize: 6,
      dropout: 0.2,
      augment: 'light',
      views: 2,
      valSplit: 0.25,
      batchNorm: 'training',
      phases: [PROBE, ALL],
      ...options,
    },
    folder,
  );

/** A run and everything it said. The classifier is disposed. */
export async function runAndTell(
  folder: ImageFolder,
  recipe: Recipe,
  options: FinetuneOptions = {},
): Promise<{readonly result: FinetuneResult; readonly events: readonly RunEvent[]}> {
  const events: RunEvent[] = [];
  const result = await finetune(folder, recipe, {
    backend: 'auto',
    ...options,
    onEvent: event => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  result.classifier.dispose();
  return {result, events};
}

/** What is alive on the device. */
export const alive = (): readonly number[] => [tf.memory().numTensors, countNativeHandles()];

/** Everything of a run's course that does not depend on the clock. */
export const courseOf = ({history, metrics}: FinetuneResult): unknown => ({
  metrics,
  history: history.map(({seconds: _seconds, ...row}) => row),
});
