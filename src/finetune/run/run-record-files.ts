import {basename} from 'node:path';
import {writeReport} from '../../report/report.js';
import {metricsDocument, type RunRecord} from '../../report/run-record.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunDirectory} from './run-directory.js';

/** An exported model is for others, whom the folders of this machine do not concern. */
export function withoutPaths({splitFile: _split, ...recipe}: Recipe): Omit<Recipe, 'split'> {
  return {...recipe, weights: basename(recipe.weights)};
}

/** What happened, for programs, for `finetune report` and for people. */
export async function writeRecord(directory: RunDirectory, record: RunRecord): Promise<void> {
  await directory.writeJson('record', record);
  await directory.writeJson('metrics', metricsDocument(record));
  await writeReport(record, directory.file('report'));
}
