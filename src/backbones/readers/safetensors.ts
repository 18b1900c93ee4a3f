import {open, type FileHandle} from 'node:fs/promises';
import {formatInteger} from '../../core/text/format-count.js';
import {DTYPES, isShape, parseShape, type DType} from './dtypes.js';
import {readExactly} from './file-bytes.js';
import {isObject, parseObject, describeJsonValue} from './json.js';
import {FormatError} from './format-error.js';
import {
  readAllTensors,
  toWeightsFileError,
  type WeightsContents,
  type TensorReader,
  type StoredTensor,
} from './weights-file.js';

/**
 * Maximum size of a header. That of ResNet-152 takes 0.1 MB, that of the largest language models 1 MB. A parsed header may take fifty times
 * its size.
 */
const MAX_HEADER_BYTES = 4_000_000;

interface SafetensorsEntry {
  readonly name: string;
  readonly type: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** Sorted by the position of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
}

/**
 * Opens a `.safetensors` file: 8 bytes of header length, a JSON header, then the tensors' bytes without gaps.
 * https://huggingface.co/docs/safetensors
 */
export async function openSafetensors(path: string): Promise<TensorReader> {
  const file = await open(path);
  try {
    const {size} = await file.stat();
    const headerBytes = await readHeaderLength(file, size);
    const begin = 8 + headerBytes;
    const {metadata, entries} = parseHeader(await readExactly(file, 8, headerBytes), size - begin);
    const tensors = new Map(entries.flatMap(entry => toStoredTensor(entry, file, begin)));
    return {metadata, tensors, bytes: size, close: () => file.close()};
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads a whole `.safetensors` file. */
export async function readSafetensors(path: string): Promise<WeightsContents> {
  const file = await openSafetensors(path);
  try {
    return {metadata: file.metadata, tensors: await readAllTensors(file.tensors)};
  } finally {
    await file.close();
  }
}

/** The same, with an error that names the file. @throws WeightsFileError */
export const readSafetensorsFile = (path: string): Promise<WeightsContents> =>
  readSafetensors(path).catch((error: unknown) => {
    throw toWeightsFileError(path, error);
  });

async function readHeaderLength(file: FileHandle, size: number): Promise<number> {
  if (size < 8)
    throw new FormatError(
      `the end of the file after ${size} of the 8 bytes that give the header's length`,
    );
  const length = (await readExactly(file, 0, 8)).readBigUInt64LE();
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(
      `a header said to take ${formatInteger(length)} bytes, above the limit of ${formatInteger(MAX_HEADER_BYTES)}`,
    );
  }
  if (length > size - 8) {
    throw new FormatError(
      `a header said to take ${formatInteger(length)} bytes in a file that has ${formatInteger(size - 8)} left`,
    );
  }
  return Number(length);
}

function parseHeader(json: Buffer, dataBytes: number): SafetensorsHeader {
  const {__metadata__: metadata, ...tensors} = parseObject(json, 'header');
  const entries = Object.entries(tensors).map(([name, entry]) => parseEntry(name, entry));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(entries, dataBytes);
  return {metadata: parseMetadata(metadata), entries};
}

function parseMetadata(metadata: unknown = {}): Record<string, string> {
  if (!isObject(metadata)) throw new FormatError('metadata that is not a JSON object');
  const invalidEntry = Object.entries(metadata).find(([, value]) => typeof value !== 'string');
  if (invalidEntry !== undefined)
    throw new FormatError(`a value that is not text for "${invalidEntry[0]}" of the metadata`);
  return metadata as Record<string, string>;
}

function parseEntry(name: string, entry: unknown): SafetensorsEntry {
  const {dtype, shape: rawShape, data_offsets: offsets} = isObject(entry) ? entry : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
    throw new FormatError(
      `numbers of type ${describeJsonValue(dtype)} for tensor "${name}"`,
      `save it with one of ${Object.keys(DTYPES).join(', ')}`,
    );
  }
  const shape = parseShape(name, rawShape);
  if (!isShape(offsets) || offsets.length !== 2)
    throw new FormatError(`no valid data_offsets for tensor "${name}"`);
  const [begin, end] = offsets as [number, number];
  const type = DTYPES[dtype as keyof typeof DTYPES];
  const expectedBytes = shape.reduce((product, extent) => product * extent, type.bytes);
  if (expectedBytes !== end - begin) {
    throw new FormatError(
      `${formatInteger(end - begin)} bytes for tensor "${name}", whose shape [${shape}] of ${dtype} takes ${formatInteger(expectedBytes)}`,
    );
  }
  return {name, type, shape, begin, end};
}

/** The tensors must cover all bytes exactly once. This also detects truncated files, and data hidden in gaps. */
function checkLayout(entries: readonly SafetensorsEntry[], dataBytes: number): void {
  let end = 0;
  for (const entry of entries) {
    if (entry.begin < end)
      throw new FormatError(`tensor "${entry.name}" overlapping the one before it`);
    if (entry.begin > end)
      throw new FormatError(
        `${formatInteger(entry.begin - end)} bytes before tensor "${entry.name}" that belong to none`,
      );
    end = entry.end;
  }
  if (end !== dataBytes) {
    throw new FormatError(
      `${formatInteger(dataBytes)} bytes of tensors where the header describes ${formatInteger(end)}`,
    );
  }
}

function toStoredTensor(
  {name, type: {decode}, shape, begin, end}: SafetensorsEntry,
  file: FileHandle,
  dataBegin: number,
): [string, StoredTensor][] {
  if (decode === undefined) return [];
  return [
    [
      name,
      {shape, read: async () => decode(await readExactly(file, dataBegin + begin, end - begin))},
    ],
  ];
}
