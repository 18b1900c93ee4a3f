import {startBackend} from '../../../backend/runtime/runtime.js';
import {everySample} from '../../../datasets/discovery/image-folder.js';
import {loadModel} from '../../../export/load-model.js';
import {evaluate as measure} from '../../../finetune/evaluate.js';
import {checkAccuracy} from '../../check-accuracy.js';
import type {CommandHandler} from '../../command.js';
import {ConsoleView} from '../../terminal/console-view.js';
import {
  isWorthInstalling,
  toBackendOptions,
  type BackendValues,
} from '../../terminal/backend-view.js';
import {checkModels, type InferenceValues} from '../../inference-options.js';
import {toFolderOptions, type FolderValues} from '../../options/folder-options.js';
import {loadFolder} from '../../load-folder.js';
import {findImages} from '../../../datasets/discovery/find-images.js';
import {resolveArguments} from './evaluate-arguments.js';
import {formatEvaluation} from './format-evaluation.js';
import {readThresholdRule, writeThresholdChoice} from './set-threshold.js';

interface EvaluateValues extends BackendValues, FolderValues, InferenceValues {
  readonly data?: string;
  readonly unknown?: string;
  readonly setUnknownThreshold?: Parameters<typeof readThresholdRule>[0];
  readonly assertAccuracy?: number;
  readonly verbose: boolean;
}

/** `finetune evaluate MODEL... --data DIR` */
export const evaluateCommand: CommandHandler = async ({positionals, values}, context) => {
  const {terminal, signal} = context;
  const {assertAccuracy, verbose, vote, tta, ...options} = values as unknown as EvaluateValues;
  const args = (positionals.model as readonly unknown[]).map(String);
  const {models, data} = resolveArguments(args, options.data, terminal);
  await checkModels(models, vote);
  const {setUnknownThreshold} = options;
  const thresholdRule = await readThresholdRule(setUnknownThreshold, models, {...options, tta});
  const folder = await loadFolder(data, toFolderOptions(values), context);
  const unknown = options.unknown && (await findImages([options.unknown], {signal})).images;
  const count = everySample(folder).length;
  const {backend, device} = await startBackend(
    toBackendOptions(options, context, isWorthInstalling(count)),
  );
  const model = await loadModel(models, {...(vote !== undefined && {vote})});
  const {spec, classNames, members} = model;
  const view = new ConsoleView(terminal, {verbose});
  const evaluation = await measure(model, folder, {
    ...{onEvent: view.listen, signal, tta},
    ...(unknown && {unknown}),
    ...(thresholdRule !== undefined && {thresholdRule}),
  }).finally(() => view.close());
  model.dispose();
  if (evaluation.unknown?.choice !== undefined)
    await writeThresholdChoice(models[0], evaluation.unknown.choice);
  const {metrics, ensemble, unknown: unknownEvaluation, split, images, findings} = evaluation;
  return {
    document: {
      ...(models.length === 1 ? {model: models[0]} : {models}),
      ...{data: folder.root, split, backend, device},
      ...(members.length === 1 ? {arch: spec.arch} : {vote: model.vote}),
      ...{tta, classes: classNames, images, metrics, ...ensemble},
      ...(unknownEvaluation && {unknown: unknownEvaluation}),
      findings,
    },
    text: formatEvaluation(evaluation, classNames, models[0], terminal),
    ...checkAccuracy(metrics.accuracy, assertAccuracy),
  };
};
