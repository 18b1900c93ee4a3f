import {UsageError} from '../../../core/errors.js';
import type {ImageFolder} from '../../../datasets/sample.js';
import {compareWeights} from '../../../finetune/comparison/compare-weights.js';
import type {CommandContext, CommandResult} from '../../command.js';
import {pickListPath} from '../../load-folder.js';
import type {RunPlan} from '../../run-plan.js';
import {ComparisonView} from '../../terminal/comparison/comparison-view.js';
import {commandWithWeights, formatComparison} from '../../terminal/comparison/format-comparison.js';
import {formatSteps} from '../../terminal/format-steps.js';

const PREFIX = 'compare=';

/** Whether a value of `--weights` names weights to compare. */
export const isComparison = (weights: string): boolean => weights.startsWith(PREFIX);

/** The weights that `--weights compare=v1,v2` names; undefined for any other value. */
export const comparedNames = ({
  requested: {weights = ''},
}: RunPlan): readonly string[] | undefined =>
  isComparison(weights)
    ? weights
        .slice(PREFIX.length)
        .split(',')
        .map(name => name.trim())
        .filter(name => name !== '')
    : undefined;

/** @throws UsageError (exit 2) for options that a comparison would silently ignore */
export function assertComparisonOptions({values, requested, resumed}: RunPlan): void {
  const {freeze, phases} = requested;
  const unused = Object.entries({
    ...{folds: values.folds, ensemble: values.ensemble, out: values.out, resume: resumed},
    'assert-accuracy': values.assertAccuracy,
    freeze: freeze === 'probe' ? undefined : freeze,
    phases: phases && 'of the recipe',
  }).find(([, value]) => value !== undefined);
  if (unused === undefined) return;
  throw new UsageError(
    `--${unused[0]} ${unused[1]} has no effect with --weights compare=...: it trains a probe on each and writes no run. Leave out one.`,
  );
}

/** `finetune DIR --weights compare=v1,v2`: one probe each, a table, and the command to continue with. */
export async function compareCommand(
  plan: RunPlan,
  names: readonly string[],
  folder: ImageFolder,
  gpu: boolean,
  {terminal, signal}: CommandContext,
): Promise<CommandResult> {
  const {verbose, data, backend, device, offline, workers} = plan.values;
  const {recipe} = plan.resolve(folder, gpu, [
    {source: 'flag', values: {weights: 'auto', freeze: 'probe'}},
    ...plan.recipeSources,
  ]);
  const view = new ComparisonView(terminal, {verbose, ...pickListPath(folder, data)});
  const comparison = await compareWeights(folder, recipe, names, {
    ...{backend, device, offline, signal, onEvent: view.listen},
    ...(workers !== undefined && {workers}),
  }).finally(() => view.close());
  const {arch} = recipe;
  const command = commandWithWeights(plan.args, comparison.recommended);
  return {
    document: {arch, dataset: folder.root, ...comparison},
    text: formatComparison(comparison, terminal.resultStyle, terminal.resultColumns),
    hint: formatSteps(
      'Next',
      [[command, 'train with the recommended weights']],
      terminal.style,
      terminal.columns,
    ),
  };
}
