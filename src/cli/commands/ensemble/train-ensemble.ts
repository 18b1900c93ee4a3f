import type {Arch} from '../../../backbones/resnet-specs.js';
import type {ImageFolder} from '../../../datasets/sample.js';
import {trainEnsemble} from '../../../finetune/ensemble/train-ensemble.js';
import {checkAccuracy} from '../../check-accuracy.js';
import type {CommandContext, CommandResult} from '../../command.js';
import {pickListPath} from '../../load-folder.js';
import {withResumeHint} from '../../resume.js';
import type {RunPlan} from '../../run-plan.js';
import {formatOptions} from '../../terminal/format-options.js';
import {formatNextSteps} from '../../terminal/format-run-summary.js';
import {formatEnsembleSummary} from './format-ensemble-summary.js';
import {MembersView} from './members-view.js';
import {resolveMembers} from './resolve-members.js';

/** An ensemble that is ready to be trained. */
export interface PreparedEnsemble {
  readonly plan: RunPlan;
  readonly folder: ImageFolder;
  readonly archs: readonly Arch[];
  readonly gpu: boolean;
  readonly backendSeconds: number;
  readonly context: CommandContext;
}

/** `finetune DIR --ensemble resnet18,resnet34`: trains each network in a directory of its own, and exports the ensemble. */
export async function trainNetworks(prepared: PreparedEnsemble): Promise<CommandResult> {
  const {plan, folder, archs, gpu, backendSeconds, context} = prepared;
  const {terminal, signal} = context;
  const {verbose, data, assertAccuracy} = plan.values;
  const out = plan.chooseDirectory('ensemble');
  const recipes = resolveMembers(plan, folder, gpu, archs, out);
  const [first] = recipes;
  if (verbose)
    for (const line of formatOptions(plan.otherOptions, first!, out, terminal.columns))
      terminal.log(terminal.style.dim(line));
  const view = new MembersView(terminal, recipes, {verbose, ...pickListPath(folder, data)});
  const {settings, ...options} = plan.finetuneOptions(out, first!, backendSeconds);
  const work = trainEnsemble(
    folder,
    recipes.map(({recipe}) => recipe),
    {
      ...options,
      out,
      signal,
      onEvent: view.listen,
      settings: {...settings, options: {...settings?.options, ...plan.requested}},
    },
  );
  const result = await withResumeHint(out, work).finally(() => view.close());
  const accuracy = result.evaluations.validation?.metrics.accuracy;
  return {
    document: result.document,
    text: formatEnsembleSummary(result, folder.classNames, terminal),
    hint: formatNextSteps(out, result.model, terminal),
    ...(accuracy !== undefined && checkAccuracy(accuracy, assertAccuracy)),
  };
}
