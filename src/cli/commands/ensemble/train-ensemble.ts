import {printable} from '../../../core/text/printable.js';
import type {Arch} from '../../../backbones/resnet-specs.js';
import type {ImageFolder} from '../../../datasets/sample.js';
import {trainEnsemble, type EnsembleResult} from '../../../finetune/ensemble/train-ensemble.js';
import {MEMBERS_FOLDER} from '../../../finetune/ensemble/plan-members.js';
import {checkAccuracy} from '../../check-accuracy.js';
import type {CommandContext, CommandResult} from '../../command.js';
import {pickListPath} from '../../load-folder.js';
import {withResumeHint} from '../../resume.js';
import type {RunPlan} from '../../run-plan.js';
import {formatClassMetrics} from '../../terminal/classes/class-metrics.js';
import {formatOptions} from '../../terminal/format-options.js';
import {formatLines, formatMetrics, formatNextSteps} from '../../terminal/format-run-summary.js';
import {formatEnsemble} from '../evaluate/format-ensemble.js';
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

/** Summary at the end: the ensemble, each member, and the comparison, on the test images if there are any. */
function formatSummary(
  {run, model, evaluations, members}: EnsembleResult,
  classNames: readonly string[],
  {resultStyle, resultColumns}: CommandContext['terminal'],
): string {
  const shown = (['validation', 'test'] as const).flatMap(split => {
    const evaluation = evaluations[split];
    if (evaluation === undefined) return [];
    const {metrics} = evaluation;
    const isLast = split === 'test' || evaluations.test === undefined;
    const lines = [
      ...formatMetrics(metrics, split, classNames, resultStyle),
      ...(isLast ? formatClassMetrics(metrics, classNames, resultStyle, resultColumns) : []),
    ];
    return [
      formatLines(lines, resultStyle, resultColumns),
      `\n${formatEnsemble(evaluation, metrics, resultStyle, resultColumns)}\n`,
    ];
  });
  const names = members.map(({name}) => name).join(', ');
  const places = [
    ['run', printable(run)],
    ['members', printable(`${names}, in ${run}/${MEMBERS_FOLDER}`)],
    ['model', printable(model)],
  ] as const;
  return [...shown, formatLines(places, resultStyle, resultColumns)].join('\n');
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
    text: formatSummary(result, folder.classNames, terminal),
    hint: formatNextSteps(out, result.model, terminal),
    ...(accuracy !== undefined && checkAccuracy(accuracy, assertAccuracy)),
  };
}
