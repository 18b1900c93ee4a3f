import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {EMBEDDED, findPretrained, isEmbedded} from '../backbones/pretrained/pretrained.js';
import {UsageError} from '../core/errors.js';
import {
  mergeOptions,
  type OptionSource,
  type OptionValues,
} from '../finetune/options/merge-options.js';
import {keysOf, type GivenValues} from '../finetune/options/options.js';
import {resolveArch} from '../finetune/recipe/network-defaults.js';
import {SCHEDULE_KEYS, type RecipeInput} from '../finetune/recipe/recipe.js';
import {takenRunDirectories, withAbsolutePaths} from '../finetune/run/run-directory.js';
import {hasRunFile, RUN_FILES, workingDirectoryOf} from '../finetune/run/run-files.js';
import {isStudyDirectory} from '../finetune/study/study-runs.js';
import {readRecipeFile} from './options/recipe-file.js';
import {isResumable, resolveResumedRun} from './resume.js';
import {toKebabCase} from './terminal/format.js';

/** Value of `--resume` that also starts a run. */
export const AUTOMATIC = 'auto';

/** The run that a command continues, and its options. */
interface AutomaticResume {
  /** Directory of the run; undefined if one has to be started. */
  readonly run?: string;
  /** Whether the run has ended, so that nothing is left to train. */
  readonly isFinished: boolean;
  readonly optionSources: readonly OptionSource[];
}

/** Options of the inputs of a run. The recipe is compared when it is resolved. */
const INPUT_KEYS = keysOf(
  ({scope, mayChangeOnResume}, key) =>
    scope === 'run' && mayChangeOnResume !== true && key !== 'out' && key !== 'overwrite',
);

/** @throws UsageError (exit 2) for an input that the run was not started with */
function checkInputs(
  run: string,
  given: Readonly<Record<string, unknown>>,
  saved: Readonly<Record<string, unknown>>,
): void {
  const absolute = withAbsolutePaths(given);
  const other = Object.keys(given).find(
    key => INPUT_KEYS.has(key) && !isDeepStrictEqual(absolute[key], saved[key]),
  );
  if (other === undefined) return;
  const before = saved[other] === undefined ? 'without it' : `with ${String(saved[other])}`;
  throw new UsageError(
    `--${toKebabCase(other)} ${String(given[other])} differs from the run in ${run}, which was started ${before}. ` +
      'Repeat the same command, or give another --out.',
  );
}

/** @throws UsageError (exit 2) if the recipe cannot be read */
const savedRecipe = (run: string): OptionValues =>
  readRecipeFile(join(workingDirectoryOf(run), RUN_FILES.recipe));

/**
 * Newest interrupted run that started from the embedded weights, because others could not be downloaded. Its default name has their network.
 */
const findEmbeddedRun = (data: string): string | undefined =>
  takenRunDirectories(data, resolveArch({weights: EMBEDDED})).findLast(run => {
    if (!isResumable(run)) return false;
    const {weights, arch} = savedRecipe(run) as RecipeInput;
    const entry = weights && arch ? findPretrained(weights, arch) : undefined;
    return entry !== undefined && isEmbedded(entry);
  });

/** Whether a command leaves the choice of network and weights to the recipe. */
const choosesFreely = ({arch, weights = 'auto'}: OptionValues): boolean =>
  arch === undefined && weights === 'auto';

/** Directory that the command would write to: `--out`, or the newest default one with an interrupted run. */
function findRun(given: GivenValues<'run' | 'recipe'>): string | undefined {
  const {out, data, ensemble} = given;
  if (out !== undefined) return out;
  if (ensemble !== undefined)
    throw new UsageError(
      `--resume ${AUTOMATIC} with --ensemble needs --out, so that the repeated command finds its run.`,
    );
  if (data === undefined) return undefined;
  return (
    takenRunDirectories(data, resolveArch(given)).findLast(isResumable) ??
    (choosesFreely(given) ? findEmbeddedRun(data) : undefined)
  );
}

/** `--weights auto` leaves the choice to the recipe, and the run has chosen. */
const withoutAutomaticWeights = ({source, values}: OptionSource): OptionSource => {
  const {weights, ...others} = values;
  return {source, values: weights === 'auto' ? others : values};
};

/**
 * Resolves `--resume auto`: the run in `--out` is resumed, or started if there is none. So a scheduler may repeat one command until it
 * exits with 0. Options that are not given keep the values that the run was started with.
 * @throws UsageError (exit 2) if the run was started with other inputs, or for `--overwrite`
 */
function resolveAutomaticResume(optionSources: readonly OptionSource[]): AutomaticResume {
  const given = mergeOptions(optionSources).values;
  if (given.overwrite === true)
    throw new UsageError(
      `--overwrite replaces a run, and --resume ${AUTOMATIC} continues it. Leave out one.`,
    );
  const run = findRun(given);
  if (run === undefined || !hasRunFile(workingDirectoryOf(run), 'recipe'))
    return {isFinished: false, optionSources};
  if (isStudyDirectory(run))
    throw new UsageError(
      `${run} holds a study, which --resume does not continue. Give another --out.`,
    );
  const saved = savedRecipe(run);
  checkInputs(run, given, saved);
  const {phases, ...others} = saved;
  // A schedule that is given by name is resolved again, and compared with the phases of the run then.
  const isScheduleGiven = SCHEDULE_KEYS.some(key => given[key] !== undefined);
  return {
    run,
    isFinished: !isResumable(run),
    optionSources: [
      ...optionSources.map(withoutAutomaticWeights),
      {source: 'recipe file', values: isScheduleGiven ? others : {...others, phases}},
    ],
  };
}

/** Resolves `--resume`, if it is given. @throws UsageError (exit 2) if there is nothing to resume, or for options that cannot change */
export function resolveResume(
  resume: string | undefined,
  optionSources: readonly OptionSource[],
): AutomaticResume {
  if (resume === undefined) return {isFinished: false, optionSources};
  if (resume === AUTOMATIC) return resolveAutomaticResume(optionSources);
  return {...resolveResumedRun(resume, optionSources), isFinished: false};
}
