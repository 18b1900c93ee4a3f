import {existsSync, readlinkSync, realpathSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';

/** Names of what a run leaves behind; the table of the contract. */
export const RUN_FILES = {
  recipe: 'recipe.json',
  environment: 'environment.json',
  split: 'split.json',
  labelIssues: 'label-issues.json',
  history: 'history.csv',
  metrics: 'metrics.json',
  record: 'report.json',
  report: 'report.html',
  checkpoint: join('checkpoints', 'last'),
  best: join('checkpoints', 'best'),
  model: 'model',
} as const;

export type RunFile = keyof typeof RUN_FILES;

export const hasRunFile = (run: string, file: RunFile): boolean =>
  existsSync(join(run, RUN_FILES[file]));

/** Whether the directory holds a run that has come to its end. */
export const isFinished = (run: string): boolean =>
  hasRunFile(run, 'metrics') &&
  hasRunFile(run, 'report') &&
  existsSync(join(run, RUN_FILES.model, 'finetune.json'));

/** What a path leads to, also by a link to what is not there for the moment. */
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

/** A run that replaces another grows here, next to it. */
export const replacementOf = (run: string): string => siblingPath(run, 'replacement');

/** Where the run that was replaced lies for the moment between two renames. */
export const replacedOf = (run: string): string => siblingPath(run, 'replaced');

/** The run that a directory belongs to: itself, unless it is a replacement. */
export function runOf(directory: string): string {
  const name = /^\.(.+)\.replacement$/.exec(basename(directory))?.[1];
  return name === undefined ? directory : join(dirname(directory), name);
}

/** Where the files of a resumed run lie: in its replacement, where one was begun. */
export const workingDirectoryOf = (run: string): string =>
  hasRunFile(replacementOf(run), 'recipe') ? replacementOf(run) : run;

/** Whether a run was begun and has not come to its end, or to its place. */
export const isInterrupted = (run: string): boolean =>
  hasRunFile(workingDirectoryOf(run), 'recipe') &&
  (workingDirectoryOf(run) !== run || !isFinished(run));
