import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {UsageError} from '../core/errors.js';
import {FOLDS_FILES} from '../finetune/cross-validate.js';
import {hasRunFile, isInterrupted, placeOf, RUN_FILES, runOf} from '../finetune/run-files.js';
import type {OptionLayer} from './layers.js';
import {CONSOLE_OPTIONS} from './option-schema.js';
import {readRecipeFile} from './recipe-file.js';
import {kebab} from './words.js';

/** Where runs lie unless told. */
const RUNS = 'runs';

/** What may differ from the interrupted run: where it is computed, and what is said of it. Everything else would be another run. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  ...Object.keys(CONSOLE_OPTIONS),
  ...['engine', 'device', 'workers', 'offline', 'cacheMemory', 'cacheDisk', 'assertAccuracy'],
]);

/** Of a cross-validation it is its own document that comes last. */
const goesOn = (run: string): boolean => isInterrupted(run) && !existsSync(join(run, FOLDS_FILES.document));

/** The interrupted run that was begun last. @throws UsageError (exit 2) where there is none */
function newestInterrupted(): string {
  const runs = existsSync(RUNS) ? [...new Set(readdirSync(RUNS).map(name => runOf(join(RUNS, name))))] : [];
  const begun = (run: string): number => statSync(join(placeOf(run), RUN_FILES.recipe)).mtimeMs;
  const interrupted = runs.filter(goesOn).sort((a, b) => begun(b) - begun(a));
  const newest = interrupted[0];
  if (newest !== undefined) return newest;
  throw new UsageError(`Expected an interrupted run in ${RUNS}/ for --resume, but found none. Say --resume DIR.`);
}

/**
 * The directory that `--resume` names, and the options that its run was started with.
 * @param wish a directory, or `''` for the newest interrupted run
 * @throws UsageError (exit 2) where there is nothing to resume, or options are given that a resumed run cannot take
 */
export function resumedRun(wish: string, layers: readonly OptionLayer[]): {readonly run: string; readonly layers: readonly OptionLayer[]} {
  const refused = layers.flatMap(({source, values}) => (source === 'flag' ? Object.keys(values) : [])).find(key => !CHANGEABLE.has(key));
  if (refused !== undefined) {
    throw new UsageError(
      `Expected no --${kebab(refused)} with --resume, but found it. A resumed run keeps its recipe; start another one for other values.`,
    );
  }
  const run = wish === '' ? newestInterrupted() : runOf(wish);
  const place = placeOf(run);
  if (!hasRunFile(place, 'recipe')) {
    throw new UsageError(
      `Expected an interrupted run in ${run} for --resume, but found no ${RUN_FILES.recipe}. Give the directory of a run.`,
    );
  }
  if (!goesOn(run)) {
    throw new UsageError(`Expected an interrupted run in ${run} for --resume, but found a finished one. Start a new one.`);
  }
  const changeable = layers.map(({source, values}) => ({
    source,
    values: Object.fromEntries(Object.entries(values).filter(([key]) => CHANGEABLE.has(key))),
  }));
  return {run, layers: [...changeable, {source: 'recipe file', values: readRecipeFile(join(place, RUN_FILES.recipe))}]};
}
