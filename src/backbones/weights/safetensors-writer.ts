import type {StateDict} from '../../core/state-dict.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';

/**
 * Writes tensors as float32 in safetensors format (https://huggingface.co/docs/safetensors), in the given order, with their bytes starting
 * at a multiple of 8. The write is atomic.
 */
export const writeSafetensors = (
  path: string,
  tensors: StateDict,
  metadata: Readonly<Record<string, string>>,
): Promise<void> => writeFileAtomic(path, serializeChunks(tensors, metadata));

function* serializeChunks(
  tensors: StateDict,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  const header = serializeHeader(tensors, metadata);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  yield length;
  yield header;
  for (const {data} of tensors.values())
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Padded with spaces, as the format allows, to end at a multiple of 8. */
function serializeHeader(tensors: StateDict, metadata: Readonly<Record<string, string>>): Buffer {
  let end = 0;
  const entries = [...tensors].map(([name, {shape, data}]) => {
    const begin = end;
    end += data.byteLength;
    return [name, {dtype: 'F32', shape, data_offsets: [begin, end]}] as const;
  });
  const json = Buffer.from(
    JSON.stringify({__metadata__: metadata, ...Object.fromEntries(entries)}),
  );
  return Buffer.concat([json, Buffer.alloc(-json.length & 7, ' ')]);
}
