import {basename} from 'node:path';
import {historyCsv} from '../../report/charts/history-csv.js';
import {writeReport} from '../../report/report.js';
import {metricsDocument, type RunRecord} from '../../report/run-record.js';
import {predictImages} from '../explanation/image-predictions.js';
import {labelIssuesDocument} from '../label-issues.js';
import type {Recipe} from '../recipe/recipe.js';
import type {CompletedRun} from './completed-run.js';
import type {RunDirectory} from './run-directory.js';

/** Removes local paths from a recipe, since an exported model is shared with others. */
export function withoutPaths({splitFile: _split, ...recipe}: Recipe): Omit<Recipe, 'split'> {
  return {...recipe, weights: basename(recipe.weights)};
}

/** Writes the results of a run: the record for `finetune report`, the metrics for programs, and the report for users. */
export async function writeRecord(directory: RunDirectory, record: RunRecord): Promise<void> {
  await directory.writeJson('record', record);
  await directory.writeJson('metrics', metricsDocument(record));
  await writeReport(record, directory.file('report'));
}

/** Writes the history, the label issues and the validation predictions of a run. */
export async function writeTrainingFiles(
  directory: RunDirectory,
  {prepared, trained: {history, probabilities, suspiciousImages}}: CompletedRun,
): Promise<void> {
  if (suspiciousImages !== undefined)
    await directory.writeJson('labelIssues', labelIssuesDocument(prepared, suspiciousImages));
  await directory.writeJson('predictions', predictImages(prepared, probabilities));
  await directory.write('history', historyCsv(history));
}
