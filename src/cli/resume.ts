import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {AbortedError, UsageError} from '../core/errors.js';
import type {OptionSource} from '../finetune/options/merge-options.js';
import {isStudyDirectory} from '../finetune/study/study-runs.js';
import {keysOf} from '../finetune/options/options.js';
import {
  FOLDS_FILES,
  hasRunFile,
  isInterrupted,
  workingDirectoryOf,
  RUN_FILES,
  runOf,
} from '../finetune/run/run-files.js';
import {InterruptedRunError} from './failure.js';
import {readRecipeFile} from './options/recipe-file.js';
import {toKebabCase} from './terminal/format.js';

/** Default folder of runs. */
const RUNS_DIRECTORY = 'runs';

/** Options that may change when a run is resumed: the backend and the console output. Other changes would make it a different run. */
const CHANGEABLE_OPTIONS = keysOf(({mayChangeOnResume}) => mayChangeOnResume === true);

/**
 * Whether a run can be resumed. The document of a cross-validation is written last, so a cross-validation with one has finished. A study is
 * continued by its own command.
 */
export const isResumable = (run: string): boolean =>
  isInterrupted(run) && !existsSync(join(run, FOLDS_FILES.document)) && !isStudyDirectory(run);

/** Interrupted run that was started last. @throws UsageError (exit 2) if there is none */
function newestInterrupted(): string {
  const runs = existsSync(RUNS_DIRECTORY)
    ? [...new Set(readdirSync(RUNS_DIRECTORY).map(name => runOf(join(RUNS_DIRECTORY, name))))]
    : [];
  const startTime = (run: string): number =>
    statSync(join(workingDirectoryOf(run), RUN_FILES.recipe)).mtimeMs;
  const interrupted = runs.filter(isResumable).sort((a, b) => startTime(b) - startTime(a));
  const newest = interrupted[0];
  if (newest !== undefined) return newest;
  throw new UsageError(
    `There is no interrupted run in ${RUNS_DIRECTORY}/ to resume. Give --resume DIR.`,
  );
}

/**
 * Resolves the directory that `--resume` names, and the options that its run was started with.
 * @param requested a directory, or `''` for the newest interrupted run
 * @throws UsageError (exit 2) if there is nothing to resume, or for options that a resumed run cannot change
 */
export function resolveResumedRun(
  requested: string,
  optionSources: readonly OptionSource[],
): {readonly run: string; readonly optionSources: readonly OptionSource[]} {
  const rejectedOption = optionSources
    .flatMap(({source, values}) => (source === 'flag' ? Object.keys(values) : []))
    .find(key => !CHANGEABLE_OPTIONS.has(key));
  if (rejectedOption !== undefined) {
    throw new UsageError(
      `--${toKebabCase(rejectedOption)} cannot change with --resume: a resumed run keeps its recipe. Start another run for other values.`,
    );
  }
  const run = requested === '' ? newestInterrupted() : runOf(requested);
  const directory = workingDirectoryOf(run);
  if (!hasRunFile(directory, 'recipe')) {
    throw new UsageError(
      `${run} holds no run to --resume: there is no ${RUN_FILES.recipe}. Give the directory of a run.`,
    );
  }
  if (isStudyDirectory(run)) {
    throw new UsageError(
      `${run} holds a study, which --resume does not continue. Run its finetune study command again.`,
    );
  }
  if (!isResumable(run)) {
    throw new UsageError(
      `The run in ${run} has finished, so there is nothing to --resume. Start a new one.`,
    );
  }
  const changeableSources = optionSources.map(({source, values}) => ({
    source,
    values: Object.fromEntries(
      Object.entries(values).filter(([key]) => CHANGEABLE_OPTIONS.has(key)),
    ),
  }));
  return {
    run,
    optionSources: [
      ...changeableSources,
      {source: 'recipe file', values: readRecipeFile(join(directory, RUN_FILES.recipe))},
    ],
  };
}

/** Awaits library work. If it is aborted, the error says how to resume. @param command command that resumes it, unless it is a single run */
export async function withResumeHint<T>(
  out: string,
  work: Promise<T>,
  command?: string,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AbortedError && hasRunFile(workingDirectoryOf(out), 'recipe'))
      throw new InterruptedRunError({run: out, checkpoint: error.checkpoint, command});
    throw error;
  }
}
