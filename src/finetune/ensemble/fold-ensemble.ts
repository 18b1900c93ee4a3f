import {join} from 'node:path';
import {readSplit} from '../../datasets/splitting/split-file.js';
import type {ImageFolder, Sample} from '../../datasets/sample.js';
import type {FinetuneOptions} from '../finetune-options.js';
import {RunContext} from '../run/run-context.js';
import {RUN_FILES} from '../run/run-files.js';
import {finishEnsemble, type SplitEvaluation} from './finish-ensemble.js';

/** Ensemble of the models of a cross-validation. */
export interface FoldEnsemble {
  /** Directory of the exported ensemble. */
  readonly model: string;
  /** Metrics on the test images; undefined without `--test-split`, since every other image trained some of the members. */
  readonly test?: SplitEvaluation;
}

/** Test images of all folds: no fold was trained or validated on them. */
async function commonTestImages(
  runs: readonly string[],
  folder: ImageFolder,
): Promise<readonly Sample[]> {
  const splits = await Promise.all(runs.map(run => readSplit(join(run, RUN_FILES.split), folder)));
  const [first, ...others] = splits.map(({test}) => test);
  const otherNames = others.map(test => new Set(test.map(({name}) => name)));
  return first!.filter(({name}) => otherNames.every(names => names.has(name)));
}

/** Exports the models of all folds as one ensemble, and evaluates it on the test images. @param directory directory of the cross-validation */
export async function exportFoldEnsemble(
  runs: readonly string[],
  directory: string,
  folder: ImageFolder,
  options: FinetuneOptions,
): Promise<FoldEnsemble> {
  const models = runs.map(run => join(run, RUN_FILES.model));
  const target = join(directory, RUN_FILES.model);
  const sets = {test: await commonTestImages(runs, folder)};
  const evaluations = await finishEnsemble(models, target, folder, sets, new RunContext(options));
  const {test} = evaluations;
  return {model: target, ...(test && {test})};
}
