/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-32C of bytes (RFC 3720, B.4), unsigned. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

// A TFRecord: length (u64), masked CRC of the length (u32), data, masked CRC of the data (u32). Little-endian.
const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;

/** The mask keeps a CRC of bytes that hold CRCs from being weak. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Frames data as a TFRecord. */
export function tfRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + data.length + FOOTER_BYTES);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, HEADER_BYTES);
  record.writeUInt32LE(maskedCrc(data), HEADER_BYTES + data.length);
  return record;
}

/** Whole records at the start of a file: their number and their bytes. A record that was cut by a kill ends them. @param most records at most */
export function countTfRecords(
  file: Buffer,
  most: number,
): {readonly records: number; readonly bytes: number} {
  let [records, bytes] = [0, 0];
  while (records < most) {
    const rest = file.subarray(bytes);
    if (rest.length < HEADER_BYTES) break;
    const length = Number(rest.readBigUInt64LE());
    const end = HEADER_BYTES + length;
    if (
      rest.readUInt32LE(8) !== maskedCrc(rest.subarray(0, 8)) ||
      rest.length < end + FOOTER_BYTES ||
      rest.readUInt32LE(end) !== maskedCrc(rest.subarray(HEADER_BYTES, end))
    )
      break;
    records++;
    bytes += end + FOOTER_BYTES;
  }
  return {records, bytes};
}
