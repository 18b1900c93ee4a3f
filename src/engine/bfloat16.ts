import {TYPE_NUMBERS, type} from './binding.js';
import type {GraphNode} from './graph-def.js';

/** Which inputs and which outputs of an op are of its type `T` and may be bfloat16; the others stay as they are. */
interface Rule {
  readonly inputs: readonly number[];
  /** Where the arithmetic is, and the time: lowered always. The others only follow, so that no tensor is widened between two of those. */
  readonly leads?: true;
}

/** Every one gives its lowered value as output 0. The head is not among them: a few per mille of the time, and all of the decision. */
const RULES: Readonly<Record<string, Rule>> = {
  Conv2D: {inputs: [0, 1], leads: true},
  Conv2DBackpropInput: {inputs: [1, 2], leads: true},
  Conv2DBackpropFilter: {inputs: [0, 2], leads: true},
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
export function inBfloat16(nodes: readonly GraphNode[], prefix: string): GraphNode[] {
  const written: GraphNode[] = [];
  const lowered = new Set<string>();
  const casts = new Map<string, string>();
  const cast = (reference: string, to: 'bfloat16' | 'float32'): string => {
    const known = casts.get(reference);
    if (known !== undefined) return known;
    const name = `${prefix}cast${casts.size}`;
    const from = to === 'bfloat16' ? 'float32' : 'bfloat16';
    written.push({name, op: 'Cast', inputs: [reference], attributes: {SrcT: type(from), DstT: type(to)}});
    casts.set(reference, `${name}:0`);
    return `${name}:0`;
  };
  const down = (reference: string): string => (lowered.has(reference) ? reference : cast(reference, 'bfloat16'));
  const up = (reference: string): string => (lowered.has(reference) ? cast(reference, 'float32') : reference);

  for (const node of nodes) {
    const rule = isFloat32(node) ? RULES[node.op] : undefined;
    const takes = (index: number): boolean => rule?.inputs.includes(index) === true;
    const isLowered = rule?.leads === true || node.inputs.some((reference, index) => takes(index) && lowered.has(reference));
    const inputs = node.inputs.map((reference, index) => (isLowered && takes(index) ? down(reference) : up(reference)));
    written.push(isLowered ? {...node, inputs, attributes: {...node.attributes, T: type('bfloat16')}} : {...node, inputs});
    if (isLowered) lowered.add(`${node.name}:0`);
  }
  return written;
}

const isFloat32 = ({attributes}: GraphNode): boolean => attributes['T']?.value === TYPE_NUMBERS.float32;
