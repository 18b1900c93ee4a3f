import {open, type FileHandle} from 'node:fs/promises';
import {ELEMENT_TYPES, isShape, shapeOf, type ElementType} from './elements.js';
import {readExactly} from './file-bytes.js';
import {isObject, parseObject, shown} from './json.js';
import {counted, Malformed} from './malformed.js';
import {readAll, type Contents, type OpenContents, type StoredTensor} from './weights-file.js';

/** That of ResNet-152 takes 0.1 MB, that of the largest language models 1 MB. Parsed, a header may take fifty times its size. */
const MAX_HEADER_BYTES = 4_000_000;

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
 * Opens a `.safetensors` file: 8 bytes of header length, a JSON header, then the tensors' bytes without gaps.
 * https://huggingface.co/docs/safetensors
 */
export async function openSafetensors(path: string): Promise<OpenContents> {
  const file = await open(path);
  try {
    const {size} = await file.stat();
    const headerBytes = await readHeaderLength(file, size);
    const begin = 8 + headerBytes;
    const {metadata, entries} = parseHeader(await readExactly(file, 8, headerBytes), size - begin);
    const tensors = new Map(entries.flatMap(entry => stored(entry, file, begin)));
    return {metadata, tensors, bytes: size, close: () => file.close()};
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads a whole `.safetensors` file. */
export async function readSafetensors(path: string): Promise<Contents> {
  const file = await openSafetensors(path);
  try {
    return {metadata: file.metadata, tensors: await readAll(file.tensors)};
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
  const {dtype, shape: found, data_offsets: offsets} = isObject(entry) ? entry : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_TYPES, dtype)) {
    throw new Malformed(
      `numbers of type ${shown(dtype)} for tensor "${name}"`,
      `save it with one of ${Object.keys(ELEMENT_TYPES).join(', ')}`,
    );
  }
  const shape = shapeOf(name, found);
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
  let end = 0;
  for (const entry of entries) {
    if (entry.begin < end) throw new Malformed(`tensor "${entry.name}" overlapping the one before it`);
    if (entry.begin > end) throw new Malformed(`${counted(entry.begin - end)} bytes before tensor "${entry.name}" that belong to none`);
    end = entry.end;
  }
  if (end !== dataBytes) {
    throw new Malformed(`${counted(dataBytes)} bytes of tensors where the header describes ${counted(end)}`);
  }
}

function stored({name, type: {decode}, shape, begin, end}: Entry, file: FileHandle, dataBegin: number): [string, StoredTensor][] {
  if (decode === undefined) return [];
  return [[name, {shape, read: async () => decode(await readExactly(file, dataBegin + begin, end - begin))}]];
}
