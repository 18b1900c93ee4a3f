import {existsSync, realpathSync, statSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {UsageError} from '../../core/errors.js';
import {validate} from '../../core/schema.js';
import {findClassOrder} from '../../export/ensemble/class-order.js';
import {isEnsemble} from '../../export/record/model-directory.js';
import {MODEL_FILES} from '../../export/record/file-names.js';
import type {RunRecord} from '../../report/run-record.js';
import type {ImagePrediction, PredictionsDocument} from '../explanation/image-predictions.js';
import {hasRunFile, RUN_FILES} from '../run/run-files.js';
import {nameRuns} from './name-runs.js';
import {findTrainedRun, readRecord, readRunJson} from '../run/trained-run.js';

/** What a comparison reads of a run. */
export interface RunToCompare {
  readonly name: string;
  readonly record: RunRecord;
  /** Bytes of the weights of the exported model; undefined if it was not exported. */
  readonly modelBytes: number | undefined;
  /** Absent for runs of earlier versions. */
  readonly predictions?: readonly ImagePrediction[];
}

const PREDICTION_KEYS = ['name', 'sha256', 'truth', 'prediction'] as const;

const PREDICTIONS_SCHEMA = {
  type: 'object',
  required: ['validation'],
  properties: {
    validation: {
      type: 'array',
      items: {
        type: 'object',
        required: [...PREDICTION_KEYS, 'confidence'],
        properties: {
          ...Object.fromEntries(PREDICTION_KEYS.map(key => [key, {type: 'string'}])),
          confidence: {type: 'number'},
        },
      },
    },
  },
} as const;

/** The run of a directory: the directory itself, or the run that its exported model is in. @throws UsageError for a model without its run */
function findRun(directory: string): string {
  const isModel = existsSync(join(directory, MODEL_FILES.record)) || isEnsemble(directory);
  if (!isModel || hasRunFile(directory, 'recipe')) return directory;
  const run = join(directory, '..');
  if (basename(resolve(directory)) === RUN_FILES.model && hasRunFile(run, 'recipe')) return run;
  throw new UsageError(
    `${directory} is an exported model without its run, which has the history, settings and predictions to compare. Give the directory of the run; or compare models on images with finetune evaluate MODEL MODEL --data DIR.`,
  );
}

async function readPredictions(directory: string): Promise<Pick<RunToCompare, 'predictions'>> {
  if (!hasRunFile(directory, 'predictions')) return {};
  const path = join(directory, RUN_FILES.predictions);
  const document = await readRunJson<unknown>(path);
  return {
    predictions: validate<PredictionsDocument>(PREDICTIONS_SCHEMA, document, path).validation,
  };
}

/** @throws UsageError unless there are two runs or more */
function checkCount([first, ...others]: readonly string[]): void {
  if (others.length > 0) return;
  throw new UsageError(
    `${first === undefined ? 'No run is' : `Only ${first} is`} given. Give the directories of two runs or more: finetune compare RUN RUN`,
  );
}

/** @param found working directories of the runs @throws UsageError if a run is given twice */
function checkDistinct(given: readonly string[], found: readonly string[]): void {
  const real = found.map(path => realpathSync(path));
  const second = real.findIndex((path, i) => real.indexOf(path) < i);
  if (second < 0) return;
  const first = real.indexOf(real[second]!);
  throw new UsageError(
    given[first] === given[second]
      ? `${given[first]} is given twice. Give each run once.`
      : `${given[first]} and ${given[second]} are the same run. Give each run once.`,
  );
}

/**
 * Reads the runs to compare.
 * @param directories run directories, or the folders of their exported models
 * @throws UsageError unless there are two runs or more whose training has ended; ClassesDifferError, RunFileError, RunLockedError
 */
export async function readRunsToCompare(directories: readonly string[]): Promise<RunToCompare[]> {
  checkCount(directories);
  const runs = directories.map(findRun);
  const working: string[] = [];
  for (const run of runs) working.push(await findTrainedRun(run, 'record'));
  checkDistinct(directories, working);
  const names = nameRuns(runs);
  const read = await Promise.all(
    runs.map(async (run, i) => ({
      name: names[i]!,
      record: await readRecord(run, working[i]!),
      modelBytes: statSync(join(working[i]!, RUN_FILES.model, MODEL_FILES.tensors), {
        throwIfNoEntry: false,
      })?.size,
      ...(await readPredictions(working[i]!)),
    })),
  );
  const [first, ...others] = read.map(({name, record}) => ({name, classNames: record.classes}));
  // The order of the classes does not matter: predictions and metrics have their names.
  for (const other of others) findClassOrder(first!, other, 'be compared');
  return read;
}
