import {LAYER_GROUPS, type GroupLearningRates} from '../backbones/layer-groups.js';
import {evaluateBatches} from '../training/metrics/evaluate.js';
import {withProgress, imageBatchSource} from '../training/loop/batch-source.js';
import type {Metrics} from '../training/metrics/metrics.js';
import {createPhaseModel} from '../training/loop/phase-model.js';
import type {Prepared} from './preparation/prepared.js';
import type {Recipe} from './recipe/recipe.js';
import type {RunContext} from './run/run-context.js';

/** Metrics on the test images, which no decision is based on; undefined if there are none. */
export async function testMetrics(
  {classifier, split, sourceOf}: Prepared,
  {batchSize}: Recipe,
  run: RunContext,
): Promise<Metrics | undefined> {
  if (split.test.length === 0) return undefined;
  const network = createPhaseModel(classifier, {learningRates: FROZEN, batchNorm: 'inference'});
  const inputs = withProgress(
    imageBatchSource(sourceOf(split.test)),
    run.imageProgress('evaluate'),
  );
  try {
    return await run.time('evaluate', () => evaluateBatches(network, inputs, {batchSize}));
  } finally {
    network.dispose();
  }
}

const FROZEN = Object.fromEntries(LAYER_GROUPS.map(group => [group, null])) as GroupLearningRates;
