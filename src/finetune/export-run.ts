import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {findCard} from '../backbones/cards.js';
import {FinetuneError, messageOf, UsageError} from '../core/errors.js';
import {startEngine, type EngineWish} from '../engine/runtime.js';
import {saveBundle, type SavedBundle} from '../export/save-bundle.js';
import {readTrained} from '../export/trained-file.js';
import {modelCard} from '../report/model-card.js';
import {writeReport} from '../report/report.js';
import type {RunRecord} from '../report/run-record.js';
import type {Recipe} from './recipe.js';
import {recipeSchema} from './recipe-schema.js';
import {RunClaim} from './run-claim.js';
import {hasRunFile, placeOf, RUN_FILES, runOf, type RunFile} from './run-files.js';
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

/** Where the files of a run lie whose training has ended. @param needed what tells that it has @throws UsageError for another directory */
function trainedPlace(run: string, needed: RunFile): string {
  const place = hasRunFile(run, needed) ? run : placeOf(run);
  if (hasRunFile(place, needed)) return place;
  const found = hasRunFile(place, 'recipe') ? 'a run whose training has not ended' : existsSync(run) ? 'no run' : 'nothing';
  const advice = hasRunFile(place, 'recipe') ? `Go on with it: finetune --resume ${run}` : 'Give the directory of a run.';
  throw new UsageError(`${run} holds ${found}. ${advice}`);
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
  trainedPlace(run, 'record');
  const claim = await RunClaim.take(run);
  try {
    const place = trainedPlace(run, 'record');
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
  const place = trainedPlace(run, 'best');
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
