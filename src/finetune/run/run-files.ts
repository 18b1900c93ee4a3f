import {existsSync, readlinkSync, realpathSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';

/** Files of a run. */
export const RUN_FILES = {
  recipe: 'recipe.json',
  environment: 'environment.json',
  split: 'split.json',
  labelIssues: 'label-issues.json',
  history: 'history.csv',
  metricsLog: 'metrics.jsonl',
  mlflow: 'mlflow.json',
  metrics: 'metrics.json',
  predictions: 'predictions.json',
  record: 'report.json',
  report: 'report.html',
  checkpoint: join('checkpoints', 'last'),
  best: join('checkpoints', 'best'),
  model: 'model',
} as const;

/** Files of a cross-validation, next to the directories of its folds. The document is written last. */
export const FOLDS_FILES = {document: 'folds.json', page: 'folds.html'} as const;

export type RunFile = keyof typeof RUN_FILES;

export const hasRunFile = (run: string, file: RunFile): boolean =>
  existsSync(join(run, RUN_FILES[file]));

/** Whether a directory holds a finished run: of one network, or of an ensemble. */
export const isFinished = (run: string): boolean =>
  hasRunFile(run, 'metrics') &&
  hasRunFile(run, 'report') &&
  ['finetune.json', 'ensemble.json'].some(name => existsSync(join(run, RUN_FILES.model, name)));

/** Resolves links, including links to a target that does not exist at the moment. */
export function resolveLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return resolve(dirname(path), readlinkSync(path));
    } catch {
      return resolve(path);
    }
  }
}

function siblingPath(run: string, kind: string): string {
  const real = resolveLinks(run);
  return join(dirname(real), `.${basename(real)}.${kind}`);
}

/** Directory next to a run in which its replacement is written. */
export const replacementOf = (run: string): string => siblingPath(run, 'replacement');

/** Directory of the replaced run between the two renames. */
export const replacedOf = (run: string): string => siblingPath(run, 'replaced');

/** Run that a directory belongs to: the directory itself, unless it is a replacement. */
export function runOf(directory: string): string {
  const name = /^\.(.+)\.replacement$/.exec(basename(directory))?.[1];
  return name === undefined ? directory : join(dirname(directory), name);
}

/** Directory of the files of a run to resume: its replacement if one was started. */
export const workingDirectoryOf = (run: string): string =>
  hasRunFile(replacementOf(run), 'recipe') ? replacementOf(run) : run;

/** Whether a run was started but has not finished, or has not replaced the old run yet. */
export const isInterrupted = (run: string): boolean =>
  hasRunFile(workingDirectoryOf(run), 'recipe') &&
  (workingDirectoryOf(run) !== run || !isFinished(run));
