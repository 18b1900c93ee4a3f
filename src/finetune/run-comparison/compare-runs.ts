import {checkArgument, checkOptions, PATH, STRINGS} from '../../core/arguments.js';
import {writeOutput} from '../../core/files/atomic-write.js';
import {comparisonHtml, shownImages} from '../../report/comparison/comparison-page.js';
import type {ComparedRun, RunComparison} from '../../report/comparison/run-comparison.js';
import {learningSeconds, type RunRecord} from '../../report/run-record.js';
import {isBetter} from '../../training/metrics/evaluate.js';
import {readRunsToCompare, type RunToCompare} from './compared-runs.js';
import {differingSettings} from './differing-settings.js';
import {pairRun} from './pair-runs.js';
import {findDisagreements} from './paired-images.js';
import {collectThumbnails} from './thumbnails.js';

/**
 * Options of `compareRuns()`.
 *
 * @example
 * const options: CompareRunsOptions = {html: './comparison.html'};
 * await compareRuns(['./runs/a', './runs/b'], options);
 */
export interface CompareRunsOptions {
  /** Path of a self-contained HTML page to write. An existing file is replaced. */
  readonly html?: string;
}

/** Seconds of learning. The timings of a resumed run begin where it was resumed, but its history has all epochs. */
const secondsOf = ({timings, history}: RunRecord): number =>
  Math.max(
    learningSeconds(timings),
    history.reduce((sum, {seconds}) => sum + seconds, timings.features),
  );

const describeRun = ({name, record, modelBytes}: RunToCompare): ComparedRun => ({
  name,
  run: record.run,
  dataset: record.dataset,
  arch: record.network.spec.arch,
  lastStage: record.network.spec.lastStage,
  weights: record.weights,
  metrics: record.metrics.validation,
  seconds: secondsOf(record),
  timings: record.timings,
  ...(modelBytes !== undefined && {modelBytes}),
  ...(record.modelSize && {parameters: record.modelSize.parameters}),
  backend: record.backend,
  device: record.device,
  history: record.history,
});

function summarize(runs: readonly RunToCompare[]): RunComparison {
  const best = runs.reduce((a, b) =>
    isBetter(b.record.metrics.validation, a.record.metrics.validation) ? b : a,
  );
  const others = runs.filter(run => run !== best);
  return {
    runs: runs.map(describeRun),
    best: best.name,
    classes: best.record.classes,
    paired: others.map(run => pairRun(run, best, others.length)),
    settings: differingSettings(runs),
    disagreements: findDisagreements(runs),
  };
}

/**
 * Compares runs: their metrics, each run against the most accurate one on the validation images that both have (McNemar's exact test), the
 * settings that differ, and the images on which they disagree. Only the run directories are read; the images, if they are still there, are
 * shown on the page.
 * @param directories directories of two runs or more whose training has ended, or of the exported models in them
 * @throws UsageError (exit 2) for a directory that holds no such run, the same run twice or a page that cannot be written; ClassesDifferError
 * (exit 2) for runs of different classes; RunFileError, RunLockedError; ArgumentError (exit 2)
 *
 * @example
 * import {compareRuns} from 'finetune';
 *
 * const {best, paired, settings} = await compareRuns(['./runs/pets-resnet18', './runs/pets-resnet50'], {html: './comparison.html'});
 * console.log(best, paired[0].test?.pValue, settings.map(({path}) => path));
 */
export async function compareRuns(
  directories: readonly string[],
  options: CompareRunsOptions = {},
): Promise<RunComparison> {
  checkArgument('compareRuns()', 'directories', directories, STRINGS);
  checkOptions<CompareRunsOptions>('compareRuns()', options, {html: PATH});
  const runs = await readRunsToCompare(directories);
  const comparison = summarize(runs);
  if (options.html !== undefined) {
    const thumbnails = await collectThumbnails(runs, shownImages(comparison));
    await writeOutput(options.html, 'html', comparisonHtml(comparison, thumbnails));
  }
  return comparison;
}
