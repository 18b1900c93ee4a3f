import type {Binding, NativeAttribute, OpAttributes} from './binding.js';

const ATTRIBUTE_KINDS = ['STRING', 'INT', 'FLOAT', 'BOOL', 'TYPE', 'SHAPE'] as const;

/** Attributes that count inputs. TensorFlow sets them itself in eager execution, but a graph needs them. */
const INPUT_COUNTS: Readonly<Record<string, (inputs: number) => number>> = {
  AddN: n => n,
  Pack: n => n,
  ConcatV2: n => n - 1,
};

/** The attributes of an op in a graph. */
export function attributesOf(
  binding: Binding,
  op: string,
  nativeAttributes: readonly NativeAttribute[],
  inputs: number,
): OpAttributes {
  const tfAttributes = Object.fromEntries(
    nativeAttributes.map(({name, type, value}) => [
      name,
      {kind: ATTRIBUTE_KINDS.find(kind => binding[`TF_ATTR_${kind}`] === type)!, value},
    ]),
  );
  const count = INPUT_COUNTS[op];
  return count === undefined || 'N' in tfAttributes
    ? tfAttributes
    : {...tfAttributes, N: {kind: 'INT', value: count(inputs)}};
}

/** Whether a cast changes nothing: tfjs also casts to the type that a tensor already has. */
export const isNoOpCast = (op: string, attributes: readonly NativeAttribute[]): boolean =>
  op === 'Cast' &&
  attributes.find(({name}) => name === 'SrcT')?.value ===
    attributes.find(({name}) => name === 'DstT')?.value;
