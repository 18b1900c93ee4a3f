import {UsageError} from '../../core/errors.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {studyCsv} from '../../report/study/study-csv.js';
import {studyHtml} from '../../report/study/study-page.js';
import type {StudyRecord} from '../../report/study/study-record.js';
import {finetune} from '../finetune.js';
import type {FinetuneOptions} from '../finetune-options.js';
import {SharedFoldData} from '../folds/folds-share.js';
import type {Recipe, RecipeInput} from '../recipe/recipe.js';
import {RunDirectory} from '../run/run-directory.js';
import {hasRunFile, isFinished, workingDirectoryOf} from '../run/run-files.js';
import {RunGroup} from '../run/run-group.js';
import type {StudyName} from './studies.js';
import {readStudyRecord, studyDocument} from './study-results.js';
import {isStudyDirectory, planRuns, RUNS_FOLDER, type PlannedRun} from './study-runs.js';

/** Files of a study, next to the folder of its runs. */
export const STUDY_FILES = {
  document: 'study.json',
  table: 'study.csv',
  page: 'study.html',
} as const;

/** What to train in a study. */
export interface StudyPlan {
  readonly study: StudyName;
  /** One per network. They should differ in the network only. */
  readonly recipes: readonly Recipe[];
  readonly seeds: readonly number[];
}

/** Place of a run in a study. */
export interface RunPosition {
  /** Counted from 1. */
  readonly number: number;
  readonly runs: number;
  /** Whether it has finished before, so it is not repeated. */
  readonly isFinished: boolean;
}

export interface StudyOptions extends Omit<FinetuneOptions, 'resume' | 'sharedData'> {
  readonly out: string;
  /** Called before each run. */
  readonly onRun?: (run: PlannedRun, position: RunPosition) => void;
}

/** Result of a study. */
export interface StudyResult {
  readonly record: StudyRecord;
  /** Content of `study.json`. */
  readonly document: object;
}

/** Whether a directory holds a study to continue. @throws UsageError if it holds a run */
function hasStudy(out: string): boolean {
  if (!hasRunFile(out, 'recipe')) return false;
  if (isStudyDirectory(out)) return true;
  throw new UsageError(`${out} (--out) holds a run, not a study. Choose another directory.`);
}

/** Checks that a finished run is that of the plan. @throws UsageError if its recipe differs */
async function checkFinishedRun({run, recipe}: PlannedRun): Promise<void> {
  const directory = await RunDirectory.open(run, recipe);
  await directory.close();
}

/** Trains a run to its end, from its last checkpoint if it was interrupted. */
async function train(
  folder: ImageFolder,
  {run, recipe}: PlannedRun,
  options: FinetuneOptions,
): Promise<void> {
  const isInterrupted = hasRunFile(workingDirectoryOf(run), 'recipe');
  const resume = options.overwrite !== true && isInterrupted;
  const {classifier} = await finetune(folder, recipe, {...options, out: run, resume});
  classifier.dispose();
}

async function writeResults(
  directory: RunGroup,
  study: StudyName,
  finished: readonly PlannedRun[],
  {settings}: StudyOptions,
): Promise<StudyResult> {
  const record = await readStudyRecord(study, finished, settings?.command ?? '');
  const document = studyDocument(record);
  await directory.write(STUDY_FILES.table, studyCsv(record.runs));
  await directory.write(STUDY_FILES.page, studyHtml(record));
  await directory.writeJson(STUDY_FILES.document, document);
  return {record, document};
}

/**
 * Trains the networks of a study, each in a run directory of its own in `out/runs`, and compares them. `study.html`, `study.json` and
 * `study.csv` in `out` are written after every run. A directory that holds a study by the same recipe is continued: finished runs are kept,
 * an interrupted one is resumed, and networks and seeds may be added.
 *
 * @throws UsageError if the networks see different images, or `out` holds anything else; all errors of `finetune`
 */
export async function runStudy(
  folder: ImageFolder,
  {study, recipes, seeds}: StudyPlan,
  options: StudyOptions,
): Promise<StudyResult> {
  const {out, overwrite = false, onRun, ...runOptions} = options;
  const planned = planRuns(out, recipes, seeds);
  const directory = await RunGroup.open(
    out,
    {overwrite, resume: !overwrite && hasStudy(out)},
    {...options.settings?.options, ...planned[0]!.recipe} as RecipeInput,
    planned.map(({name}) => `${RUNS_FOLDER}/${name}`),
  );
  const sharedData = new SharedFoldData(async () => directory.begin());
  try {
    const finished: PlannedRun[] = [];
    let result: StudyResult | undefined;
    for (const run of planned) {
      const isKept = !overwrite && isFinished(run.run);
      onRun?.(run, {number: finished.length + 1, runs: planned.length, isFinished: isKept});
      if (isKept) await checkFinishedRun(run);
      else await train(folder, run, {...runOptions, overwrite, sharedData});
      finished.push(run);
      result = await writeResults(directory, study, finished, options);
    }
    return result!;
  } finally {
    await sharedData.close();
    await directory.close();
  }
}
