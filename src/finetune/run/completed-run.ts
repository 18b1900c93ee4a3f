import type {BackendInfo} from '../../backend/runtime/runtime.js';
import type {Split} from '../../datasets/splitting/splits.js';
import type {RunRecord, Setting} from '../../report/run-record.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {Explanation} from '../explanation/explain-run.js';
import type {RunSettings} from '../finetune-options.js';
import type {TrainingResult} from '../phases/training-result.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from './run-context.js';
import type {RunDirectory} from './run-directory.js';
import {describeEnvironment} from './run-environment.js';

/** Result of a run before any file is written. */
export interface CompletedRun {
  readonly dataset: string;
  readonly prepared: Prepared;
  readonly trained: TrainingResult;
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
}

const settingsOf = (recipe: Recipe, settings: RunSettings | undefined): Setting[] =>
  Object.entries({...settings?.options, ...recipe}).map(([name, value]) => ({
    name,
    value,
    source: settings?.sources?.[name] ?? 'default',
    ...reasonFor(name, settings),
  }));

/** The reason for a recommended value. A recipe has the phases of the freeze schedule that was recommended. */
function reasonFor(name: string, settings: RunSettings | undefined): Pick<Setting, 'reason'> {
  const start = `${name === 'phases' ? 'freeze' : name} `;
  const found = settings?.reasons?.find(reason => reason.startsWith(start));
  return found === undefined ? {} : {reason: found.slice(found.indexOf(': ') + 2)};
}

const countImages = ({train, validation, test}: Split): RunRecord['images'] => ({
  train: train.length,
  validation: validation.length,
  test: test.length,
});

/** Builds the record of a run. Its timings are preliminary until the export ends. */
export function toRunRecord(
  {dataset, prepared, trained, metrics}: CompletedRun,
  {
    recipe,
    backend,
    settings,
    run,
    directory,
  }: {
    readonly recipe: Recipe;
    readonly backend: BackendInfo;
    readonly settings: RunSettings | undefined;
    readonly run: RunContext;
    readonly directory: RunDirectory;
  },
  explanation: Explanation,
): RunRecord {
  const {classifier, pretrained, split} = prepared;
  return {
    run: directory.path,
    model: directory.finalFile('model'),
    finishedAt: new Date().toISOString(),
    dataset,
    images: countImages(split),
    backend: backend.backend,
    device: backend.device,
    arch: classifier.spec.arch,
    weights: classifier.origin,
    ...(pretrained !== undefined && {pretrained}),
    network: classifier,
    classes: classifier.classNames,
    classBalance: recipe.classBalance,
    phases: recipe.phases,
    history: trained.history,
    calibration: trained.calibration,
    ...(trained.openSet !== undefined && {openSet: trained.openSet}),
    headSolutions: trained.headSolutions,
    metrics,
    ...explanation,
    findings: run.findings,
    timings: run.timings,
    settings: settingsOf(recipe, settings),
    environment: describeEnvironment(backend),
    command: settings?.command ?? '',
  };
}
