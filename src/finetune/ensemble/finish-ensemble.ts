import type {ImageFolder, Sample} from '../../datasets/sample.js';
import {exportEnsemble} from '../../export/ensemble/export-ensemble.js';
import {loadModel} from '../../export/load-model.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {evaluateSamples} from '../evaluation/evaluate-samples.js';
import type {EnsembleEvaluation} from '../evaluation/member-comparison.js';
import type {RunContext} from '../run/run-context.js';

/** Images that no member was trained on, by split. */
export interface EvaluationSets {
  readonly validation?: readonly Sample[];
  readonly test?: readonly Sample[];
}

/** Metrics of an ensemble on one split, and of its members. */
export interface SplitEvaluation extends EnsembleEvaluation {
  readonly metrics: Metrics;
}

export interface EnsembleEvaluations {
  readonly validation?: SplitEvaluation;
  readonly test?: SplitEvaluation;
}

async function evaluateSets(
  models: readonly string[],
  folder: ImageFolder,
  sets: EvaluationSets,
  run: RunContext,
): Promise<EnsembleEvaluations> {
  const model = await loadModel(models);
  // The members were trained on this folder, so they have its labels.
  const labels = new Map(folder.classNames.map((_, label) => [label, label]));
  const evaluations: Partial<Record<keyof EvaluationSets, SplitEvaluation>> = {};
  try {
    for (const split of ['validation', 'test'] as const) {
      const samples = sets[split] ?? [];
      if (samples.length === 0) continue;
      const {metrics, ensemble} = await evaluateSamples(model, samples, labels, 'none', run);
      if (metrics !== undefined && ensemble !== undefined)
        evaluations[split] = {metrics, ...ensemble};
    }
    return evaluations;
  } finally {
    model.dispose();
  }
}

/**
 * Evaluates models as an ensemble on images that none of them was trained on, and exports it.
 * @param models directories of the exported members
 * @param directory directory of the exported ensemble
 * @returns its evaluation by split
 */
export async function finishEnsemble(
  models: readonly string[],
  directory: string,
  folder: ImageFolder,
  sets: EvaluationSets,
  run: RunContext,
): Promise<EnsembleEvaluations> {
  const evaluations = await run.time('evaluate', () => evaluateSets(models, folder, sets, run));
  const {validation, test} = evaluations;
  const metrics = {
    ...(validation && {validation: validation.metrics}),
    ...(test && {test: test.metrics}),
  };
  await run.time('export', () =>
    exportEnsemble(models, directory, {metrics, ...run.signalOptions}),
  );
  return evaluations;
}
