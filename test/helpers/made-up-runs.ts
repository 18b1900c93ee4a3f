import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {sha256} from '../../src/core/files/sha256.js';
import type {ImagePrediction} from '../../src/finetune/explanation/image-predictions.js';
import {RUN_FILES} from '../../src/finetune/run/run-files.js';
import type {RunRecord} from '../../src/report/run-record.js';
import {RunningMetrics, type Metrics} from '../../src/training/metrics/metrics.js';
import {madeUpRecord} from './run-record.js';
import {temporaryDirectory} from './temporary.js';

export interface MadeUpRun {
  readonly classes?: readonly string[];
  /** Numbers of the validation images: of these, the first one and the one behind the last. */
  readonly images?: readonly [from: number, to: number];
  /** Numbers of the images that are misclassified. */
  readonly wrong?: readonly number[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly record?: Partial<RunRecord>;
  /** False for a run of an earlier version. */
  readonly hasPredictions?: boolean;
  /** False for a run whose model was not exported. */
  readonly hasModel?: boolean;
}

/** Bytes of the weights of a made-up model. */
const MODEL_BYTES = 94_000;

const range = (from: number, to: number): number[] =>
  Array.from({length: to - from}, (_, i) => from + i);

/** Made-up predictions: image `i` is of class `i % classes`, and a wrong answer is the next class. */
export function madeUpPredictions({
  classes = ['ants', 'bees'],
  images = [0, 40],
  wrong = [],
}: MadeUpRun): ImagePrediction[] {
  return range(...images).map(i => {
    const truth = classes[i % classes.length]!;
    const prediction = wrong.includes(i) ? classes[(i + 1) % classes.length]! : truth;
    const name = `${truth}/${i}.jpg`;
    return {name, sha256: sha256(name), truth, prediction, confidence: 0.6 + (i % 40) / 100};
  });
}

function metricsOf(predictions: readonly ImagePrediction[], classes: readonly string[]): Metrics {
  const running = new RunningMetrics(classes);
  for (const {truth, prediction, confidence} of predictions) {
    const rest = (1 - confidence) / (classes.length - 1);
    const row = Float32Array.from(classes, name => (name === prediction ? confidence : rest));
    running.add(row, Int32Array.of(classes.indexOf(truth)), 0.5);
  }
  return running.metrics();
}

/** Writes the files of a run that never was, as far as a comparison reads them. @returns its directory */
export function writeMadeUpRun(
  run: MadeUpRun = {},
  directory = join(temporaryDirectory(), 'run'),
): string {
  const {classes = ['ants', 'bees'], settings = {}, record = {}} = run;
  const {hasPredictions = true, hasModel = true} = run;
  const predictions = madeUpPredictions(run);
  const made = madeUpRecord(classes);
  const options = {data: './hymenoptera', arch: 'resnet50', seed: 42, valSplit: 0.2, ...settings};
  const document: RunRecord = {
    ...made,
    run: directory,
    settings: Object.entries(options).map(([name, value]) => ({name, value, source: 'flag'})),
    metrics: {validation: metricsOf(predictions, classes)},
    modelSize: {
      ...{webBytes: MODEL_BYTES, tensorBytes: MODEL_BYTES},
      ...{parameters: 23_512_130, imageMilliseconds: 50},
    },
    ...record,
  };
  mkdirSync(join(directory, RUN_FILES.model), {recursive: true});
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(directory, name), JSON.stringify(content));
  write(RUN_FILES.recipe, options);
  write(RUN_FILES.record, document);
  if (hasModel)
    writeFileSync(join(directory, 'model', 'model.safetensors'), Buffer.alloc(MODEL_BYTES));
  if (hasPredictions) write(RUN_FILES.predictions, {validation: predictions});
  return directory;
}
