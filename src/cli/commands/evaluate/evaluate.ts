import {existsSync} from 'node:fs';
import {UsageError} from '../../../core/errors.js';
import {startBackend} from '../../../backend/runtime/runtime.js';
import {everySample} from '../../../datasets/discovery/image-folder.js';
import {loadModel} from '../../../export/load-model.js';
import {evaluate as measure} from '../../../finetune/evaluate.js';
import {checkAccuracy} from '../../check-accuracy.js';
import type {CommandContext, CommandHandler} from '../../command.js';
import {ConsoleView} from '../../terminal/console-view.js';
import {toBackendOptions, type BackendValues} from '../../terminal/backend-view.js';
import {findModel, modelDirectory} from '../../find-model.js';
import {checkModels, type InferenceValues} from '../../inference-options.js';
import {toFolderOptions, type FolderValues} from '../../options/folder-options.js';
import {loadFolder} from '../../load-folder.js';
import {formatEvaluation} from './format-evaluation.js';

interface EvaluateValues extends BackendValues, FolderValues, InferenceValues {
  readonly data?: string;
  readonly assertAccuracy?: number;
  readonly verbose: boolean;
}

interface EvaluateArguments {
  /** Directories of exported models. */
  readonly models: readonly [string, ...string[]];
  readonly data: string;
}

/**
 * Resolves the models and the folder, which is the last argument unless `--data` names it. Without a model, the newest one is evaluated.
 * @throws UsageError (exit 2) without a folder
 */
function resolveArguments(
  args: readonly string[],
  data: string | undefined,
  terminal: CommandContext['terminal'],
): EvaluateArguments {
  const last = args.at(-1);
  const isFolder = last !== undefined && modelDirectory(last) === undefined && existsSync(last);
  const folder = data ?? (isFolder ? last : undefined);
  if (folder === undefined)
    throw new UsageError(
      'There is no folder of images to evaluate on. Run finetune evaluate MODEL --data DIR.',
    );
  const named = data === undefined ? args.slice(0, -1) : args;
  const [first = findModel([], terminal).directory, ...others] = named.map(
    model => modelDirectory(model) ?? model,
  );
  return {models: [first, ...others], data: folder};
}

/** `finetune evaluate MODEL... --data DIR` */
export const evaluateCommand: CommandHandler = async ({positionals, values}, context) => {
  const {terminal, signal} = context;
  const {assertAccuracy, verbose, vote, tta, ...options} = values as unknown as EvaluateValues;
  const args = (positionals.model as readonly unknown[]).map(String);
  const {models, data} = resolveArguments(args, options.data, terminal);
  await checkModels(models, vote);
  const folder = await loadFolder(data, toFolderOptions(values), context);
  const images = everySample(folder).length;
  const {backend, device} = await startBackend(toBackendOptions(options, context, images));
  const model = await loadModel(models, {...(vote !== undefined && {vote})});
  const {spec, classNames, members} = model;
  const view = new ConsoleView(terminal, {verbose});
  const evaluation = await measure(model, folder, {onEvent: view.listen, signal, tta}).finally(() =>
    view.close(),
  );
  model.dispose();
  const {metrics, ensemble, split, images: counts, findings} = evaluation;
  return {
    document: {
      ...(models.length === 1 ? {model: models[0]} : {models}),
      ...{data: folder.root, split, backend, device},
      ...(members.length === 1 ? {arch: spec.arch} : {vote: model.vote}),
      ...{tta, classes: classNames, images: counts, metrics, ...ensemble, findings},
    },
    text: formatEvaluation(evaluation, classNames, terminal),
    ...checkAccuracy(metrics.accuracy, assertAccuracy),
  };
};
