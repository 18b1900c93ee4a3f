import {existsSync} from 'node:fs';
import {UsageError} from '../../core/errors.js';
import {startBackend} from '../../backend/runtime/runtime.js';
import {loadModel} from '../../export/load-model.js';
import {readModelRecord} from '../../export/record/read-model-record.js';
import {evaluate as measure} from '../../finetune/evaluate.js';
import {checkAccuracy} from '../check-accuracy.js';
import type {CommandHandler} from '../command.js';
import {ConsoleView} from '../terminal/console-view.js';
import {toBackendOptions, type BackendValues} from '../terminal/backend-view.js';
import {findModel, modelDirectory} from '../find-model.js';
import {toFolderOptions, type FolderValues} from '../options/folder-options.js';
import {formatSkipped} from '../terminal/skipped-summary.js';
import {loadFolder} from '../load-folder.js';
import {formatMetrics, formatLines} from '../terminal/format-run-summary.js';

interface EvaluateValues extends BackendValues, FolderValues {
  readonly data?: string;
  readonly assertAccuracy?: number;
  readonly verbose: boolean;
}

const EVALUATED_ON = {
  test: "the folder's test images",
  validation: "the folder's validation images",
  all: 'all images of the folder: expect less on new images if training saw some of these',
};

/** A single folder that is not a model is the dataset to evaluate the newest model on. @throws UsageError (exit 2) without a folder */
function resolveModelAndData(
  model: string | undefined,
  data: string | undefined,
): {readonly model?: string; readonly data: string} {
  if (data !== undefined) return {...(model !== undefined && {model}), data};
  if (model !== undefined && modelDirectory(model) === undefined && existsSync(model))
    return {data: model};
  throw new UsageError(
    'There is no folder of images to evaluate on. Run finetune evaluate MODEL --data DIR.',
  );
}

/** `finetune evaluate MODEL --data DIR` */
export const evaluateCommand: CommandHandler = async ({positionals, values}, context) => {
  const {terminal, signal} = context;
  const {assertAccuracy, verbose, ...options} = values as unknown as EvaluateValues;
  const {model, data} = resolveModelAndData(positionals.model as string | undefined, options.data);
  const {directory} = findModel(model === undefined ? [] : [model], terminal);
  await readModelRecord(directory);
  const folder = await loadFolder(data, toFolderOptions(values), context);
  const backend = await startBackend(toBackendOptions(options, context));
  const loadedModel = await loadModel(directory);
  const {spec, classNames} = loadedModel;
  const view = new ConsoleView(terminal, {verbose});
  const {metrics, split, images, findings} = await measure(loadedModel, folder, {
    onEvent: view.listen,
    signal,
  }).finally(() => view.close());
  loadedModel.dispose();
  const lines = formatMetrics(metrics, split, classNames, terminal.resultStyle);
  const skippedLines =
    images.evaluated === images.found ? [] : ([['skipped', formatSkipped(images)]] as const);
  return {
    document: {
      ...{
        model: directory,
        data: folder.root,
        split,
        backend: backend.backend,
        device: backend.device,
        arch: spec.arch,
      },
      ...{classes: classNames, images, metrics, findings},
    },
    text: formatLines(
      [...lines, ['measured', EVALUATED_ON[split]], ...skippedLines],
      terminal.resultStyle,
      terminal.resultColumns,
    ),
    ...checkAccuracy(metrics.accuracy, assertAccuracy),
  };
};
