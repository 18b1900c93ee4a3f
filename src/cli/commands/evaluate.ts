import {existsSync} from 'node:fs';
import {UsageError} from '../../core/errors.js';
import {startEngine} from '../../engine/runtime.js';
import {loadBundle} from '../../export/load-bundle.js';
import {bundleDirectory, openBundle} from '../../export/open-bundle.js';
import {evaluate as measure} from '../../finetune/evaluate.js';
import {accuracyGate} from '../accuracy-gate.js';
import type {Action} from '../action.js';
import {ConsoleView} from '../console-view.js';
import {engineWish, type EngineValues} from '../engine-view.js';
import {findModel} from '../find-model.js';
import {folderOptions, type FolderValues} from '../folder-options.js';
import {leftOutSentence} from '../left-out-sentence.js';
import {loadFolder} from '../load-folder.js';
import {metricsLines, printed} from '../run-summary.js';

interface EvaluateValues extends EngineValues, FolderValues {
  readonly data?: string;
  readonly assertAccuracy?: number;
  readonly verbose: boolean;
}

const MEASURED = {
  test: "the folder's test images",
  validation: "the folder's validation images",
  all: 'all images of the folder: expect less on new pictures if training saw some of these',
};

/** A folder that stands alone, and is no model, is what to measure the newest one on. @throws UsageError (exit 2) without a folder */
function modelAndData(model: string | undefined, data: string | undefined): {readonly model?: string; readonly data: string} {
  if (data !== undefined) return {...(model !== undefined && {model}), data};
  if (model !== undefined && bundleDirectory(model) === undefined && existsSync(model)) return {data: model};
  throw new UsageError('Expected a folder of images for --data, but found none. Say finetune evaluate MODEL --data DIR.');
}

/** `finetune evaluate MODEL --data DIR` */
export const evaluate: Action = async ({positionals, values}, session) => {
  const {terminal, signal} = session;
  const {assertAccuracy, verbose, ...wish} = values as unknown as EvaluateValues;
  const {model, data} = modelAndData(positionals.model as string | undefined, wish.data);
  const {directory} = findModel(model === undefined ? [] : [model], terminal);
  await openBundle(directory);
  const folder = await loadFolder(data, folderOptions(values), session);
  const engine = await startEngine(engineWish(wish, session));
  const bundle = await loadBundle(directory);
  const {spec, classNames} = bundle;
  const view = new ConsoleView(terminal, {verbose});
  const {metrics, part, images, findings} = await measure(bundle, folder, {onEvent: view.listen, signal}).finally(() => view.close());
  bundle.dispose();
  const lines = metricsLines(metrics, part, classNames, terminal.resultStyle);
  const leftOut = images.measured === images.found ? [] : ([['left out', leftOutSentence(images)]] as const);
  return {
    document: {
      ...{bundle: directory, data: folder.root, part, engine: engine.engine, device: engine.device, arch: spec.arch},
      ...{classes: classNames, images, metrics, findings},
    },
    text: printed([...lines, ['measured', MEASURED[part]], ...leftOut], terminal.resultStyle, terminal.resultColumns),
    ...accuracyGate(metrics.accuracy, assertAccuracy),
  };
};
