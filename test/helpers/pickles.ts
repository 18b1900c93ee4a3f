/** Pieces of pickles, protocol 2, as bytes. A value is the bytes that leave it on the stack. */
export type Pickled = Buffer;

const opcode = (code: number, ...rest: readonly Uint8Array[]): Pickled =>
  Buffer.concat([Buffer.of(code), ...rest]);
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

export const NONE = opcode(0x4e);
export const TRUE = opcode(0x88);
export const FALSE = opcode(0x89);
export const MARK = opcode(0x28);

export const text = (value: string): Pickled =>
  opcode(0x58, uint32(Buffer.byteLength(value)), Buffer.from(value));
export const integer = (value: number): Pickled => opcode(0x4a, uint32(value >>> 0));
export const tuple = (...items: readonly Pickled[]): Pickled =>
  Buffer.concat([MARK, ...items, opcode(0x74)]);
export const list = (...items: readonly Pickled[]): Pickled =>
  Buffer.concat([opcode(0x5d), MARK, ...items, opcode(0x65)]);
export const integers = (values: readonly number[]): Pickled => tuple(...values.map(integer));
export const global = (module: string, name: string): Pickled =>
  opcode(0x63, Buffer.from(`${module}\n${name}\n`));
export const reduce = (callee: Pickled, ...args: readonly Pickled[]): Pickled =>
  Buffer.concat([callee, tuple(...args), opcode(0x52)]);
export const build = (object: Pickled, state: Pickled): Pickled =>
  Buffer.concat([object, state, opcode(0x62)]);
export const persistent = (id: Pickled): Pickled => Buffer.concat([id, opcode(0x51)]);

export const dictionary = (entries: Readonly<Record<string, Pickled>>): Pickled =>
  Buffer.concat([
    opcode(0x7d),
    MARK,
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
    opcode(0x75),
  ]);

/** A whole pickle of a value. */
export const pickle = (...value: readonly Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.of(0x80, 2), ...value, Buffer.of(0x2e)]);
