/** Something to be put into a tar archive. */
export interface TarEntry {
  readonly name: string;
  readonly content?: Uint8Array;
  /** As the format has it: 0 file, 1 hard link, 2 symbolic link, 3 and 4 devices, 5 folder, 6 pipe. */
  readonly type?: string;
  readonly link?: string;
  /** What the header says, where that is not so. */
  readonly size?: number;
  /** Bytes of the name, where they are no UTF-8. */
  readonly rawName?: Uint8Array;
}

const BLOCK = 512;

function header({
  name,
  content = new Uint8Array(),
  type = '0',
  link = '',
  size = content.length,
  rawName,
}: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.set(rawName ?? Buffer.from(name));
  block.write('0000644\0', 100);
  block.write('0000000\0'.repeat(2), 108);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A tar archive (POSIX.1-1988, ustar). */
export function tarFile(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(options => {
    const content = options.content ?? new Uint8Array();
    return [header(options), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}
