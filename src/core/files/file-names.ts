// On Linux a name is bytes, and old archives may hold names that are not UTF-8. A byte that does not decode becomes a lone low surrogate
// (U+DC80 to U+DCFF), as in Python's surrogateescape. Names stay distinct, survive JSON, and convert back to the bytes of their file.

const RAW_BYTE = /(?<![\ud800-\udbff])[\udc80-\udcff]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Length in bytes of the UTF-8 sequence at an offset, or 0 if it is invalid. */
function utf8LengthAt(bytes: Uint8Array, start: number): number {
  const leadByte = bytes[start]!;
  const length =
    leadByte < 0x80
      ? 1
      : leadByte >= 0xc2 && leadByte < 0xe0
        ? 2
        : leadByte >= 0xe0 && leadByte < 0xf0
          ? 3
          : leadByte >= 0xf0 && leadByte < 0xf5
            ? 4
            : 0;
  return length > 0 &&
    !Buffer.from(bytes.subarray(start, start + length))
      .toString()
      .includes('\ufffd')
    ? length
    : 0;
}

/** Decodes a file name. Each byte that is not UTF-8 becomes a lone surrogate. */
export function decodeFileName(bytes: Buffer): string {
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  let name = '';
  for (let i = 0; i < bytes.length;) {
    const length = utf8LengthAt(bytes, i);
    name +=
      length === 0
        ? String.fromCharCode(0xdc00 + bytes[i]!)
        : bytes.toString('utf8', i, i + length);
    i += length || 1;
  }
  return name;
}

/** Whether a name holds bytes that are not UTF-8. */
export const hasRawBytes = (name: string): boolean => RAW_BYTE.test(name);

/** Converts a path to the form that node:fs expects. */
export function toSystemPath(path: string): string | Buffer {
  if (!hasRawBytes(path)) return path;
  const pieces = path.split(new RegExp(`(${RAW_BYTE.source})`));
  return Buffer.concat(
    pieces.map((piece, i) =>
      i % 2 === 0 ? Buffer.from(piece) : Buffer.of(piece.charCodeAt(0) & 0xff),
    ),
  );
}

/** A readable form of a name: `caf\xe9`. */
export const escapeRawBytes = (name: string): string =>
  name.replace(LONE_SURROGATE, codeUnit => {
    const code = codeUnit.charCodeAt(0);
    return code >= 0xdc80 && code <= 0xdcff
      ? `\\x${(code & 0xff).toString(16)}`
      : `\\u${code.toString(16)}`;
  });

/** Creates a lookup by name that ignores how accents are encoded: macOS decomposes them, Linux does not. An exact match wins. */
export function createNameLookup<Item>(
  items: readonly (readonly [name: string, item: Item])[],
): (name: string) => Item | undefined {
  const exact = new Map(items);
  const normalized = new Map(
    items.toReversed().map(([name, item]) => [name.normalize('NFC'), item]),
  );
  return name => exact.get(name) ?? normalized.get(name.normalize('NFC'));
}
