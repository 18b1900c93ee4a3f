/** A field of a protobuf message. */
export interface WireField {
  readonly field: number;
  /** A number, or the bytes of what has a length. */
  readonly value: number | Buffer;
}

/** CRC-32C bit by bit, by its definition. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const odd = (crc ^ (byte >> bit)) & 1;
      crc = (crc >>> 1) ^ (odd * 0x82f63b78);
    }
  return ~crc >>> 0;
}

/** Takes the mask off: the inverse of what TensorFlow's record_writer.h describes. */
function unmasked(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** Data of every record of a TFRecord file. @throws for a wrong checksum, or bytes that are left over */
export function readRecords(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    for (const [bytes, crc] of [
      [file.subarray(at, at + 8), file.readUInt32LE(at + 8)],
      [data, file.readUInt32LE(at + 12 + length)],
    ] as const)
      if (checksum(bytes) !== unmasked(crc))
        throw new Error(`wrong checksum in the record at ${at}`);
    records.push(data);
    at += 16 + length;
  }
  return records;
}

/** Fields of a protobuf message, in their order. */
export function readMessage(message: Buffer): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const [field, wire] = [key >> 3, key & 7];
    if (wire === 0) fields.push({field, value: varint()});
    else if (wire === 1) fields.push({field, value: message.readDoubleLE((at += 8) - 8)});
    else if (wire === 5) fields.push({field, value: message.readFloatLE((at += 4) - 4)});
    else if (wire === 2) {
      const length = varint();
      fields.push({field, value: message.subarray(at, (at += length))});
    } else throw new Error(`there is no wire type ${wire}`);
  }
  return fields;
}

const find = (message: Buffer, field: number): WireField['value'] | undefined =>
  readMessage(message).find(each => each.field === field)?.value;

/** An event as TensorBoard reads it. */
export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version?: string;
  readonly scalars: Readonly<Record<string, number>>;
  readonly images: Readonly<
    Record<string, {readonly width: number; readonly height: number; readonly bytes: Buffer}>
  >;
  readonly histograms: Readonly<Record<string, ReadHistogram>>;
}

/** A histogram: `[min, max, number, sum, sum of squares]`, and its buckets. */
export interface ReadHistogram {
  readonly moments: readonly number[];
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

const doubles = (bytes: Buffer): number[] =>
  Array.from({length: bytes.length / 8}, (_, i) => bytes.readDoubleLE(8 * i));

const readHistogram = (message: Buffer): ReadHistogram => ({
  moments: [1, 2, 3, 4, 5].map(field => find(message, field) as number),
  limits: doubles(find(message, 6) as Buffer),
  counts: doubles(find(message, 7) as Buffer),
});

/** Events of a file. */
export const readEvents = (file: Buffer): ReadEvent[] =>
  readRecords(file).map(record => {
    const version = find(record, 3);
    const values = readMessage((find(record, 5) as Buffer | undefined) ?? Buffer.alloc(0)).map(
      ({value}) => value as Buffer,
    );
    const tagged = values.map(value => [String(find(value, 1)), value] as const);
    return {
      wallTime: find(record, 1) as number,
      step: (find(record, 2) as number | undefined) ?? 0,
      ...(version !== undefined && {version: String(version)}),
      scalars: Object.fromEntries(
        tagged.flatMap(([tag, value]) => {
          const number = find(value, 2);
          return number === undefined ? [] : [[tag, number as number]];
        }),
      ),
      images: Object.fromEntries(
        tagged.flatMap(([tag, value]) => {
          const image = find(value, 4) as Buffer | undefined;
          if (image === undefined) return [];
          const [height, width] = [find(image, 1) as number, find(image, 2) as number];
          return [[tag, {width, height, bytes: find(image, 4) as Buffer}]];
        }),
      ),
      histograms: Object.fromEntries(
        tagged.flatMap(([tag, value]) => {
          const histogram = find(value, 5) as Buffer | undefined;
          return histogram === undefined ? [] : [[tag, readHistogram(histogram)]];
        }),
      ),
    };
  });
