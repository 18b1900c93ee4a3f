import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {defineError, errorMessage, FinetuneError, UsageError} from '../../core/errors.js';
import {validate, type ObjectSchema} from '../../core/schema.js';
import {shellQuote} from '../../core/text/printable.js';
import {isEnsemble} from '../../export/record/model-directory.js';
import type {RunRecord} from '../../report/run-record.js';
import {isStudyDirectory, RUNS_FOLDER} from '../study/study-runs.js';
import {hasRunFile, isFinished, RUN_FILES, workingDirectoryOf, type RunFile} from './run-files.js';
import {RunLock} from './run-lock.js';

/** A file of a run is missing, or is not what a run wrote. */
export class RunFileError extends defineError(
  FinetuneError,
  'RUN_FILE_UNREADABLE',
  ({path}: {path: string}, {reason}: {reason: string}) =>
    `${path} cannot be read: ${reason}. Resume the run with --resume, or train again.`,
) {}

/** @throws RunFileError */
export async function readRunJson<T>(path: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    throw new RunFileError({path}, {reason: errorMessage(error)});
  }
}

/** Message for a directory that lacks a required file of a run. */
function describeMissingTraining(
  run: string,
  workingDirectory: string,
  requiredFile: RunFile,
): string {
  if (!hasRunFile(workingDirectory, 'recipe'))
    return `${run} holds ${existsSync(run) ? 'no run' : 'nothing'}. Give the directory of a run.`;
  if (existsSync(join(run, 'folds.json')))
    return `${run} holds the runs of a cross-validation. Give one of them, such as ${shellQuote(join(run, 'fold-1'))}`;
  if (isStudyDirectory(run))
    return `${run} holds the runs of a study. Give one of them: a folder in ${shellQuote(join(run, RUNS_FOLDER))}.`;
  if (isEnsemble(join(run, RUN_FILES.model)))
    return `${run} holds the runs of an ensemble. Give one of them: a folder in ${shellQuote(run)}.`;
  if (isFinished(workingDirectory))
    return `${run} holds a run without its ${RUN_FILES[requiredFile]}. Copy the whole directory again, or train again.`;
  return `The training of the run in ${run} has not ended. Resume it: finetune --resume ${shellQuote(run)}`;
}

/**
 * Finds the directory with the files of a run whose training has ended.
 * @param requiredFile file that marks the end of training
 * @throws UsageError for any other directory; RunLockedError while the run is still training
 */
export async function findTrainedRun(run: string, requiredFile: RunFile): Promise<string> {
  const workingDirectory = hasRunFile(run, requiredFile) ? run : workingDirectoryOf(run);
  if (hasRunFile(workingDirectory, requiredFile)) return workingDirectory;
  if (workingDirectory === run && hasRunFile(run, 'recipe'))
    await (await RunLock.acquire(run)).release();
  throw new UsageError(describeMissingTraining(run, workingDirectory, requiredFile));
}

const OBJECT = {type: 'object'} as const;

/** What tells the record of a run from other documents, and what every reader needs of it. */
const RECORD_SCHEMA = {
  ...OBJECT,
  required: [
    'network',
    'classes',
    'history',
    'metrics',
    'misclassifications',
    'timings',
    'settings',
  ],
  properties: {
    network: {...OBJECT, required: ['spec'], properties: {spec: OBJECT}},
    classes: {type: 'array', items: {type: 'string'}},
    metrics: {...OBJECT, required: ['validation'], properties: {validation: OBJECT}},
    timings: OBJECT,
    ...Object.fromEntries(
      ['history', 'misclassifications', 'settings'].map(name => [
        name,
        {type: 'array', items: OBJECT},
      ]),
    ),
  },
} as const satisfies ObjectSchema;

/** Record of a run, with paths updated in case the run was moved. @throws RunFileError, SchemaError for a damaged one */
export async function readRecord(run: string, workingDirectory: string): Promise<RunRecord> {
  const path = join(workingDirectory, RUN_FILES.record);
  const record = validate<RunRecord>(RECORD_SCHEMA, await readRunJson<unknown>(path), path);
  return {...record, run, model: join(run, RUN_FILES.model)};
}
