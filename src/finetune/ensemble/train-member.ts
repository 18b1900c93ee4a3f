import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Arch} from '../../backbones/resnet-specs.js';
import type {ImageFolder} from '../../datasets/sample.js';
import type {ModelMetrics} from '../../export/record/model-record.js';
import {finetune} from '../finetune.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {SharedFoldData} from '../folds/folds-share.js';
import {keysOf} from '../options/options.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import {RunDirectory} from '../run/run-directory.js';
import {hasRunFile, isFinished, RUN_FILES, workingDirectoryOf} from '../run/run-files.js';

/** A member of an ensemble to train: its run directory and its recipe. */
export interface MemberPlan {
  readonly name: string;
  readonly run: string;
  readonly recipe: Recipe;
}

/** A trained member of an ensemble. */
export interface TrainedMember {
  readonly name: string;
  readonly arch: Arch;
  readonly metrics: ModelMetrics;
  /** Seconds by activity. Decoding that members share counts for the first one. */
  readonly timings: RunContext['timings'];
  /** Directories of its run and of its exported model. */
  readonly run: string;
  readonly model: string;
}

/** Reads the result of a finished member. @throws UsageError if it was trained with another recipe */
async function readTrainedMember({name, run, recipe}: MemberPlan): Promise<TrainedMember> {
  await (await RunDirectory.open(run, recipe)).close();
  const {metrics, timings} = JSON.parse(
    await readFile(join(run, RUN_FILES.metrics), 'utf8'),
  ) as Pick<TrainedMember, 'metrics' | 'timings'>;
  return {name, arch: recipe.arch, metrics, timings, run, model: join(run, RUN_FILES.model)};
}

/** Options of a run that are recorded with each member. The recipe of the whole ensemble is not that of a member. */
const MEMBER_OPTIONS = keysOf(({scope}, key) => scope === 'run' && key !== 'ensemble');

/** Options of a member: its own directory, without the options of the whole ensemble. */
function memberOptions(
  {out: _out, resume = false, settings, ...options}: FinetuneOptions,
  run: string,
  sharedData: SharedFoldData,
): FinetuneOptions {
  const given = Object.entries(settings?.options ?? {}).filter(([key]) => MEMBER_OPTIONS.has(key));
  return {
    ...options,
    sharedData,
    out: run,
    resume: resume && hasRunFile(workingDirectoryOf(run), 'recipe'),
    ...(settings && {
      settings: {
        ...settings,
        options: Object.fromEntries(given),
        backendSeconds: sharedData.hasImages ? 0 : (settings.backendSeconds ?? 0),
      },
    }),
  };
}

/** Whether a resumed ensemble need not train a member again. */
export const isTrained = ({run}: MemberPlan, {resume = false}: FinetuneOptions): boolean =>
  resume && workingDirectoryOf(run) === run && isFinished(run);

/** Trains a member in its own directory, or reads its result if it has finished before. */
export async function trainMember(
  folder: ImageFolder,
  plan: MemberPlan,
  options: FinetuneOptions,
  sharedData: SharedFoldData,
): Promise<TrainedMember> {
  if (isTrained(plan, options)) return readTrainedMember(plan);
  const {name, recipe, run} = plan;
  const result = await finetune(folder, recipe, {
    ...memberOptions(options, run, sharedData),
    out: run,
  });
  result.classifier.dispose();
  const {metrics, timings, model} = result;
  return {name, arch: recipe.arch, metrics, timings, run, model};
}
