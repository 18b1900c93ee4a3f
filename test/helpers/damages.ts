/** What may become of a cached file. */
export const DAMAGES: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  emptied: () => Buffer.alloc(0),
  'an empty list': () => Buffer.from('[]'),
  zeroed: bytes => Buffer.alloc(bytes.length),
  'cut short': bytes => bytes.subarray(0, bytes.length >> 1),
  'cut at the start': bytes => bytes.subarray(1),
  'zeroed at the start': bytes => Buffer.concat([Buffer.alloc(12), bytes.subarray(12)]),
  edited: bytes => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 40 ? byte ^ 1 : byte))),
};
