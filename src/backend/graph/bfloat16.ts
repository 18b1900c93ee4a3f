import {TF_DATA_TYPES, type} from './binding.js';
import type {GraphNode} from './graph-def.js';

/** Which inputs and which outputs of an op are of its type `T` and may be bfloat16; the others stay as they are. */
interface LoweringRule {
  readonly inputs: readonly number[];
  /** Where the arithmetic is, and the time: lowered always. The others only follow, so that no tensor is widened between two of those. */
  readonly isAlwaysLowered?: true;
}

/** Every one gives its lowered value as output 0. The head is not among them: a few per mille of the time, and all of the decision. */
const LOWERING_RULES: Readonly<Record<string, LoweringRule>> = {
  Conv2D: {inputs: [0, 1], isAlwaysLowered: true},
  Conv2DBackpropInput: {inputs: [1, 2], isAlwaysLowered: true},
  Conv2DBackpropFilter: {inputs: [0, 2], isAlwaysLowered: true},
  BiasAdd: {inputs: [0, 1]},
  FusedBatchNormV3: {inputs: [0]},
  FusedBatchNormGradV3: {inputs: [0, 1]},
  Relu: {inputs: [0]},
  ReluGrad: {inputs: [0, 1]},
  Add: {inputs: [0, 1]},
  Pad: {inputs: [0]},
  PadV2: {inputs: [0, 2]},
  Slice: {inputs: [0]},
  MaxPool: {inputs: [0]},
  MaxPoolGrad: {inputs: [0, 1, 2]},
};

/**
 * A graph of float32 whose convolutions, and what stands between them, compute in bfloat16: 8 bits of mantissa, sums in float32, and the
 * range of float32, so that no loss needs scaling. Weights, their updates, the statistics of batch norms, the head and the loss stay in
 * float32 (Kalamkar et al., https://arxiv.org/abs/1905.12322). What TensorFlow's own rewriter does under a switch that a session of the addon
 * cannot be given.
 * @param nodes in an order in which each stands behind those it takes from
 * @param prefix of the names of what is added
 */
export function lowerToBfloat16(nodes: readonly GraphNode[], prefix: string): GraphNode[] {
  const output: GraphNode[] = [];
  const lowered = new Set<string>();
  const casts = new Map<string, string>();
  const cast = (reference: string, to: 'bfloat16' | 'float32'): string => {
    const existing = casts.get(reference);
    if (existing !== undefined) return existing;
    const name = `${prefix}cast${casts.size}`;
    const from = to === 'bfloat16' ? 'float32' : 'bfloat16';
    output.push({
      name,
      op: 'Cast',
      inputs: [reference],
      attributes: {SrcT: type(from), DstT: type(to)},
    });
    casts.set(reference, `${name}:0`);
    return `${name}:0`;
  };
  const toBfloat16 = (reference: string): string =>
    lowered.has(reference) ? reference : cast(reference, 'bfloat16');
  const toFloat32 = (reference: string): string =>
    lowered.has(reference) ? cast(reference, 'float32') : reference;

  for (const node of nodes) {
    const rule = isFloat32(node) ? LOWERING_RULES[node.op] : undefined;
    const isLowerable = (index: number): boolean => rule?.inputs.includes(index) === true;
    const isLowered =
      rule?.isAlwaysLowered === true ||
      node.inputs.some((reference, index) => isLowerable(index) && lowered.has(reference));
    const inputs = node.inputs.map((reference, index) =>
      isLowered && isLowerable(index) ? toBfloat16(reference) : toFloat32(reference),
    );
    output.push(
      isLowered
        ? {...node, inputs, attributes: {...node.attributes, T: type('bfloat16')}}
        : {...node, inputs},
    );
    if (isLowered) lowered.add(`${node.name}:0`);
  }
  return output;
}

const isFloat32 = ({attributes}: GraphNode): boolean =>
  attributes['T']?.value === TF_DATA_TYPES.float32;
