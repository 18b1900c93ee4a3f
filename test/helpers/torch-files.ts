import {sizeFromShape} from '../../src/core/state-dict.js';
import {storedZip, type Lies} from './stored-zip.js';
import {
  dictionary,
  global,
  integer,
  integers,
  list,
  persistent,
  pickle,
  reduce,
  text,
  tuple,
  TRUE,
  type Pickled,
} from './pickles.js';

export const bytesOf = (values: ArrayBufferView): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Row-major strides. */
const stridesOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => sizeFromShape(shape.slice(axis + 1)));

interface TensorFields {
  readonly key: string;
  readonly shape: readonly number[];
  readonly type?: string;
  readonly offset?: number;
  readonly strides?: readonly number[];
  /** Elements of the storage. */
  readonly length?: number;
}

export const storage = (type: string, key: string, length: number): Pickled =>
  persistent(
    tuple(text('storage'), global('torch', type), text(key), text('cpu'), integer(length)),
  );

/** A tensor as PyTorch pickles it, in the storage named `key`. */
export function tensor({
  key,
  shape,
  type = 'FloatStorage',
  offset = 0,
  strides = stridesOf(shape),
  length = sizeFromShape(shape),
}: TensorFields): Pickled {
  const orderedDict = reduce(global('collections', 'OrderedDict'));
  const place = [storage(type, key, length), integer(offset), integers(shape), integers(strides)];
  return reduce(global('torch._utils', '_rebuild_tensor_v2'), ...place, TRUE, orderedDict);
}

/** What `torch.save` has written since 1.6. */
export const torchZip = (
  root: Pickled,
  storages: Readonly<Record<string, Uint8Array>>,
  {
    byteOrder = 'little',
    lies = {},
  }: {byteOrder?: string; lies?: Readonly<Record<string, Lies>>} = {},
): Buffer => {
  const named = Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes]);
  return storedZip(
    {
      'archive/data.pkl': pickle(root),
      'archive/byteorder': Buffer.from(byteOrder),
      ...Object.fromEntries(named),
    },
    lies,
  );
};

const MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

/** What `torch.save` wrote before. `lengths` are the storages' elements. */
export function torchLegacy(
  root: Pickled,
  storages: Readonly<Record<string, {length: number; bytes: Uint8Array}>>,
  {protocol = 1001, littleEndian = TRUE}: {protocol?: number; littleEndian?: Pickled} = {},
): Buffer {
  const machine = pickle(
    dictionary({little_endian: littleEndian, protocol_version: integer(protocol)}),
  );
  const keys = pickle(list(...Object.keys(storages).map(text)));
  const blocks = Object.values(storages).flatMap(({length, bytes}) => [
    bytesOf(BigInt64Array.of(BigInt(length))),
    bytes,
  ]);
  return Buffer.concat([MAGIC, pickle(integer(protocol)), machine, pickle(root), keys, ...blocks]);
}
