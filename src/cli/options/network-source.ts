import {stageCount} from '../../backbones/resnet-specs.js';
import {UsageError} from '../../core/errors.js';
import {mergeOptions, type OptionValues} from '../../finetune/options/merge-options.js';
import {resolveArch} from '../../finetune/recipe/network-defaults.js';
import type {NetworkSource} from '../../finetune/features/network-source.js';
import type {CommandInput} from '../command.js';
import {toKebabCase} from '../terminal/format.js';
import {NETWORK_FLAGS} from './feature-options.js';

type WeightsSource = Exclude<NetworkSource, {readonly model: string}>;

/**
 * The network that a command names: a model, or else weights.
 * @param model path of a run or an exported model, if given
 * @throws UsageError (exit 2) if both are given
 */
export function toNetworkSource(
  model: string | undefined,
  {optionSources, values}: Pick<CommandInput, 'optionSources' | 'values'>,
): NetworkSource {
  const {weights, imageSize, pooling, fit} = values as OptionValues & WeightsSource;
  const {arch: givenArch} = mergeOptions(optionSources).values as Partial<WeightsSource>;
  const arch = resolveArch({weights, ...(givenArch && {arch: givenArch})});
  const {seed = 42, lastStage = stageCount(arch)} = values as Partial<WeightsSource>;
  if (model === undefined)
    return {
      ...{arch, weights, lastStage, seed},
      ...(imageSize !== undefined && {imageSize}),
      ...(pooling !== undefined && {pooling}),
      ...(fit !== undefined && {fit}),
    };
  const flags = optionSources.find(({source}) => source === 'flag')?.values ?? {};
  const conflict = NETWORK_FLAGS.find(key => flags[key] !== undefined);
  if (conflict === undefined) return {model};
  throw new UsageError(
    `${model} is a model, with a network and weights of its own, so --${toKebabCase(conflict)} has no place. Leave out one.`,
  );
}
