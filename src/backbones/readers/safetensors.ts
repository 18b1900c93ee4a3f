import {open, type FileHandle} from 'node:fs/promises';
import type {HostTensor} from '../../core/host-tensor.js';
import {Allowance, ELEMENT_TYPES, isShape, type ElementType} from './elements.js';
import {isObject, parseObject} from './json.js';
import {counted, Malformed} from './malformed.js';
import type {Contents} from './weights-file.js';

/** The reference implementation's bound (safetensors/src/tensor.rs, MAX_HEADER_SIZE). */
const MAX_HEADER_BYTES = 100_000_000;

interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly entries: readonly Entry[];
}

/**
 * Reads a `.safetensors` file: 8 bytes of header length, a JSON header, then the tensors' bytes without gaps.
 * https://huggingface.co/docs/safetensors
 */
export async function readSafetensors(path: string): Promise<Contents> {
  const file = await open(path);
  try {
    const {size} = await file.stat();
    const headerBytes = await readHeaderLength(file, size);
    const dataBytes = size - 8 - headerBytes;
    const header = parseHeader(await readExactly(file, 8, headerBytes), dataBytes);
    const stored = await readExactly(file, 8 + headerBytes, dataBytes);
    return {metadata: header.metadata, tensors: new Map(header.entries.flatMap(entry => decode(entry, stored)))};
  } finally {
    await file.close();
  }
}

async function readHeaderLength(file: FileHandle, size: number): Promise<number> {
  if (size < 8) throw new Malformed(`the end of the file after ${size} of the 8 bytes that give the header's length`);
  const length = (await readExactly(file, 0, 8)).readBigUInt64LE();
  if (length > MAX_HEADER_BYTES) {
    throw new Malformed(`a header said to take ${counted(length)} bytes, above the limit of ${counted(MAX_HEADER_BYTES)}`);
  }
  if (length > size - 8) {
    throw new Malformed(`a header said to take ${counted(length)} bytes in a file that has ${counted(size - 8)} left`);
  }
  return Number(length);
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const {bytesRead} = await file.read(bytes, done, Math.min(length - done, 2 ** 30), position + done);
    if (bytesRead === 0) throw new Malformed(`the end of the file where ${counted(length - done)} bytes were to follow`);
    done += bytesRead;
  }
  return bytes;
}

function parseHeader(json: Buffer, dataBytes: number): Header {
  const {__metadata__: metadata, ...tensors} = parseObject(json, 'header');
  const entries = Object.entries(tensors).map(([name, entry]) => parseEntry(name, entry));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(entries, dataBytes);
  return {metadata: parseMetadata(metadata), entries};
}

function parseMetadata(metadata: unknown = {}): Record<string, string> {
  if (!isObject(metadata)) throw new Malformed('metadata that is not a JSON object');
  const wrong = Object.entries(metadata).find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) throw new Malformed(`a value that is not text for "${wrong[0]}" of the metadata`);
  return metadata as Record<string, string>;
}

function parseEntry(name: string, entry: unknown): Entry {
  const {dtype, shape, data_offsets: offsets} = isObject(entry) ? entry : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_TYPES, dtype)) {
    throw new Malformed(
      `numbers of type ${JSON.stringify(dtype)} for tensor "${name}"`,
      `save it with one of ${Object.keys(ELEMENT_TYPES).join(', ')}`,
    );
  }
  if (!isShape(shape)) throw new Malformed(`no valid shape for tensor "${name}"`);
  if (!isShape(offsets) || offsets.length !== 2) throw new Malformed(`no valid data_offsets for tensor "${name}"`);
  const [begin, end] = offsets as [number, number];
  const type = ELEMENT_TYPES[dtype as keyof typeof ELEMENT_TYPES];
  const needed = shape.reduce((product, extent) => product * extent, type.bytes);
  if (needed !== end - begin) {
    throw new Malformed(`${counted(end - begin)} bytes for tensor "${name}", whose shape [${shape}] of ${dtype} takes ${counted(needed)}`);
  }
  return {name, type, shape, begin, end};
}

/** The bytes must be covered once, from the first to the last: this also catches a truncated file, and bytes hidden in gaps. */
function checkLayout(entries: readonly Entry[], dataBytes: number): void {
  const allowance = new Allowance();
  let end = 0;
  for (const entry of entries) {
    allowance.claim(entry.name, entry.shape);
    if (entry.begin < end) throw new Malformed(`tensor "${entry.name}" overlapping the one before it`);
    if (entry.begin > end) throw new Malformed(`${counted(entry.begin - end)} bytes before tensor "${entry.name}" that belong to none`);
    end = entry.end;
  }
  if (end !== dataBytes) {
    throw new Malformed(`${counted(dataBytes)} bytes of tensors where the header describes ${counted(end)}`);
  }
}

function decode({name, type, shape, begin, end}: Entry, stored: Buffer): [string, HostTensor][] {
  return type.decode === undefined ? [] : [[name, {shape, data: type.decode(stored.subarray(begin, end))}]];
}
