import {TF_DATA_TYPES, type} from './binding.js';
import type {GraphNode} from './graph-def.js';

/** Which inputs and output of an op share its type `T` and may be bfloat16. All others keep their types. */
interface LoweringRule {
  readonly inputs: readonly number[];
  /**
   * Ops that do the arithmetic and take the time: always lowered. Other ops are lowered only if an input is, to avoid casts between two
   * lowered ops.
   */
  readonly isAlwaysLowered?: true;
}

/**
 * Ops that may be lowered; each lowers its output 0. The head is not included: it takes a few per mille of the time and decides the result.
 */
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
 * Lowers the convolutions of a float32 graph, and the ops between them, to bfloat16: 8 bits of mantissa, sums in float32, and the range of
 * float32, so the loss needs no scaling. Weights, updates, batch-norm statistics, head and loss stay in float32 (Kalamkar et al.,
 * https://arxiv.org/abs/1905.12322). TensorFlow's own rewriter does the same, but the addon cannot set its switch for a session.
 * @param nodes in topological order
 * @param prefix name prefix of added nodes
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
