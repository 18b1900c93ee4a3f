import {crc32} from 'node:zlib';

/** What an entry may be made to say that is not so. */
export interface Lies {
  readonly crc?: number;
  readonly size?: number;
}

/** A record of a zip archive: fields of 2 or 4 bytes, little-endian. */
function record(
  signature: number,
  fields: readonly (readonly [bytes: 2 | 4, value: number])[],
): Buffer {
  const parts = fields.map(([bytes, value]) => {
    const field = Buffer.alloc(bytes);
    field.writeUIntLE(value, 0, bytes);
    return field;
  });
  const head = Buffer.alloc(4);
  head.writeUInt32LE(signature);
  return Buffer.concat([head, ...parts]);
}

/**
 * A zip archive of uncompressed entries (APPNOTE.TXT 4.3).
 * @param lies what the headers claim of an entry, by its name
 */
export function storedZip(
  entries: Readonly<Record<string, Uint8Array>>,
  lies: Readonly<Record<string, Lies>> = {},
): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const {crc = crc32(content), size = content.length} = lies[name] ?? {};
    const nameBytes = Buffer.from(name);
    const shared = [
      [2, 20],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0x21],
      [4, crc],
      [4, size],
      [4, size],
      [2, nameBytes.length],
      [2, 0],
    ] as const;
    const local = Buffer.concat([record(0x04034b50, shared), nameBytes, content]);
    const place = [
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    ] as const;
    central.push(record(0x02014b50, [[2, 20], ...shared, ...place]), nameBytes);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const count = locals.length;
  const end = record(0x06054b50, [
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, directory.length],
    [4, offset],
    [2, 0],
  ]);
  return Buffer.concat([...locals, directory, end]);
}
