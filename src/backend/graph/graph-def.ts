import type {OpAttribute} from './binding.js';

/** A constant tensor in a graph: its elements, row-major, little-endian. */
export interface TensorConstant {
  /** TensorFlow's number of the element type. */
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export type GraphAttribute =
  OpAttribute | {readonly kind: 'TENSOR'; readonly value: TensorConstant};

/** One operation of a graph. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Outputs of other nodes, `name:index`, or control inputs, `^name`. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, GraphAttribute>>;
}

/** The wire types of protocol buffers (https://protobuf.dev/programming-guides/encoding). */
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let remaining = BigInt.asUintN(64, BigInt(value));
  for (; remaining > 127n; remaining >>= 7n) bytes.push(Number(remaining & 127n) | 128);
  return Buffer.from([...bytes, Number(remaining)]);
}

const float32 = (value: number): Buffer => Buffer.from(Float32Array.of(value).buffer);
const tag = (field: number, wire: number): Buffer => varint((field << 3) | wire);
const number = (field: number, value: number): Buffer =>
  Buffer.concat([tag(field, VARINT), varint(value)]);
const bytes = (field: number, content: string | Uint8Array): Buffer => {
  const buffer = Buffer.from(content);
  return Buffer.concat([tag(field, BYTES), varint(buffer.length), buffer]);
};
/** @param parts as a list: a graph may have more nodes than a function call may have arguments */
const message = (field: number, parts: readonly Buffer[]): Buffer =>
  bytes(field, Buffer.concat(parts));

/** TensorShapeProto; -1 stands for an unknown dimension. */
const shapeProto = (field: number, shape: readonly number[]): Buffer =>
  message(
    field,
    shape.map(size => message(2, [number(1, size)])),
  );

const tensorProto = (field: number, {dtype, shape, bytes: content}: TensorConstant): Buffer =>
  message(field, [number(1, dtype), shapeProto(2, shape), bytes(4, content)]);

/** The fields of AttrValue (tensorflow/core/framework/attr_value.proto); its lists use the same ones. */
const SCALARS: Readonly<Record<Exclude<OpAttribute['kind'], 'SHAPE'>, (value: never) => Buffer>> = {
  STRING: (value: string) => bytes(2, value),
  INT: (value: number) => number(3, value),
  FLOAT: (value: number) => Buffer.concat([tag(4, FIXED32), float32(value)]),
  BOOL: (value: boolean) => number(5, Number(value)),
  TYPE: (value: number) => number(6, value),
};

function attrValue(attribute: GraphAttribute): Buffer {
  if (attribute.kind === 'TENSOR') return tensorProto(8, attribute.value);
  if (attribute.kind === 'SHAPE') return shapeProto(7, attribute.value as readonly number[]);
  const encode = SCALARS[attribute.kind] as (value: unknown) => Buffer;
  return Array.isArray(attribute.value)
    ? message(1, attribute.value.map(encode))
    : encode(attribute.value);
}

/** NodeDef (tensorflow/core/framework/node_def.proto). */
const nodeDef = ({name, op, inputs, attributes}: GraphNode): Buffer =>
  message(1, [
    bytes(1, name),
    bytes(2, op),
    ...inputs.map(input => bytes(3, input)),
    ...Object.entries(attributes).map(([key, attribute]) =>
      message(5, [bytes(1, key), message(2, [attrValue(attribute)])]),
    ),
  ]);

/** Graph version that TensorFlow 2.21 writes (TF_GRAPH_DEF_VERSION); newer versions of TensorFlow read it. */
const GRAPH_DEF_VERSION = 1882;

/** Tag under which a SavedModel stores its graph. */
export const SERVING_TAG = 'serve';

/** Encodes a SavedModel that holds only a graph: the content of `saved_model.pb` (tensorflow/core/protobuf/saved_model.proto). */
export const encodeSavedModel = (nodes: readonly GraphNode[]): Buffer =>
  Buffer.concat([
    number(1, 1),
    message(2, [
      message(1, [bytes(4, SERVING_TAG)]),
      message(2, [...nodes.map(nodeDef), message(4, [number(1, GRAPH_DEF_VERSION)])]),
    ]),
  ]);
