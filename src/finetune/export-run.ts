import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {findCard} from '../backbones/cards.js';
import {FinetuneError, messageOf, UsageError} from '../core/errors.js';
import {quoted} from '../core/shell-word.js';
import {startEngine, type EngineWish} from '../engine/runtime.js';
import {saveBundle, type SavedBundle} from '../export/save-bundle.js';
import {readTrained} from '../export/trained-file.js';
import {modelCard} from '../report/model-card.js';
import {writeReport} from '../report/report.js';
import type {RunRecord} from '../report/run-record.js';
import type {Recipe} from './recipe.js';
import {recipeSchema} from './recipe-schema.js';
import {RunClaim} from './run-claim.js';
import {hasRunFile, isFinished, placeOf, RUN_FILES, runOf, type RunFile} from './run-files.js';
import {withoutPlaces} from './run-record-files.js';

/** A file of a run that is not there, or not what a run wrote. */
export class RunFileError extends FinetuneError {
  override readonly name = 'RunFileError';
  override readonly code = 'RUN_FILE_UNREADABLE';

  constructor(
    readonly path: string,
    reason: string,
  ) {
    super(`${path} cannot be read: ${reason}. Go on with the run by --resume, or train again.`);
  }
}

async function readJson<T>(path: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    throw new RunFileError(path, messageOf(error));
  }
}

/** What to say of a directory that has not what is needed of a run. */
function withoutTraining(run: string, place: string, needed: RunFile): string {
  if (!hasRunFile(place, 'recipe')) return `${run} holds ${existsSync(run) ? 'no run' : 'nothing'}. Give the directory of a run.`;
  if (existsSync(join(run, 'folds.json')))
    return `${run} holds the runs of a cross-validation. Give one of them, such as ${quoted(join(run, 'fold-1'))}`;
  if (isFinished(place)) return `${run} holds a run without its ${RUN_FILES[needed]}. Copy the whole directory again, or train again.`;
  return `${run} holds a run whose training has not ended. Go on with it: finetune --resume ${quoted(run)}`;
}

/**
 * Where the files of a run lie whose training has ended.
 * @param needed what tells that it has
 * @throws UsageError for another directory; RunLockedError where the run is still trained
 */
async function trainedPlace(run: string, needed: RunFile): Promise<string> {
  const place = hasRunFile(run, needed) ? run : placeOf(run);
  if (hasRunFile(place, needed)) return place;
  if (place === run && hasRunFile(run, 'recipe')) await (await RunClaim.take(run)).release();
  throw new UsageError(withoutTraining(run, place, needed));
}

/** What a run wrote of itself, wherever it was moved since. */
async function readRecord(run: string, place: string): Promise<RunRecord> {
  const record = await readJson<RunRecord>(join(place, RUN_FILES.record));
  return {...record, run, bundle: join(run, RUN_FILES.bundle)};
}

/**
 * Writes the report of a run again from what the run left; no image is needed.
 * @returns its path
 * @throws UsageError where there is no run whose training has ended; RunFileError, RunLockedError
 */
export async function reportRun(run: string): Promise<string> {
  await trainedPlace(run, 'record');
  const claim = await RunClaim.take(run);
  try {
    const place = hasRunFile(run, 'record') ? run : placeOf(run);
    const path = join(place, RUN_FILES.report);
    await writeReport(await readRecord(run, place), path);
    return path;
  } finally {
    await claim.release();
  }
}

export interface ExportRunOptions extends Partial<EngineWish> {
  /** Directory of the model; the run's own unless told. */
  readonly out?: string;
}

/** A recipe is all of its values, and `recipe.json` says more. */
const recipeIn = (document: Readonly<Record<string, unknown>>): Recipe =>
  Object.fromEntries(Object.entries(document).filter(([key]) => key in recipeSchema.properties)) as unknown as Recipe;

/**
 * Exports the model of a run whose training has ended, from its best weights; no image is needed.
 * @throws UsageError where there is no such run; TrainedFileError, RunFileError, RunLockedError, and as `saveBundle`
 */
export async function exportRun(
  run: string,
  {out, engine = 'auto', device = 'auto', ...wish}: ExportRunOptions = {},
): Promise<SavedBundle> {
  const place = await trainedPlace(run, 'best');
  await startEngine({engine, device, ...wish});
  if (out !== undefined) return exportFrom(run, place, out, wish.signal);
  const [target, claim] = [runOf(run), await RunClaim.take(runOf(run))];
  try {
    if (target === run) return await exportFrom(run, place, join(place, RUN_FILES.bundle), wish.signal);
    const replacement = await claim.takeReplacement();
    const saved = await exportFrom(target, replacement, join(replacement, RUN_FILES.bundle), wish.signal);
    await claim.replace();
    return {...saved, directory: resolve(target, RUN_FILES.bundle)};
  } finally {
    await claim.release();
  }
}

async function exportFrom(run: string, place: string, out: string, signal?: AbortSignal): Promise<SavedBundle> {
  // A run that ended before it had measured all has none; its model says nothing of metrics then.
  const record = hasRunFile(place, 'record') ? await readRecord(run, place) : undefined;
  const recipe = recipeIn(await readJson(join(place, RUN_FILES.recipe)));
  const classifier = await readTrained(join(place, RUN_FILES.best));
  const card = findCard(classifier.origin, classifier.spec.arch);
  try {
    return await saveBundle(classifier, out, {
      recipe: withoutPlaces(recipe),
      ...(record !== undefined && {metrics: record.metrics, modelCard: modelCard(record)}),
      ...(card !== undefined && {weightsCard: card}),
      ...(signal && {signal}),
    });
  } finally {
    classifier.dispose();
  }
}
