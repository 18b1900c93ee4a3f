import {open, type FileHandle} from 'node:fs/promises';

/** Sizes of the structures of a 64-bit ELF file, and where their fields are (elf.h). */
const [HEADER_BYTES, SECTION_BYTES, SEGMENT_BYTES] = [64, 64, 56];
const HEADER = {
  segments: 0x20,
  sections: 0x28,
  segmentCount: 0x38,
  sectionCount: 0x3c,
  names: 0x3e,
};
const SECTION = {type: 4, offset: 24, size: 32, link: 40};
const SEGMENT = {offset: 8, size: 32};
const [SYMBOL_TABLE, NO_BITS] = [2, 8];

/** ELF, 64 bits, little-endian. */
const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);

interface Section {
  /** Header of the section, as it is in the file. */
  readonly header: Buffer;
  readonly type: number;
  readonly offset: number;
  /** Offset behind the section's bytes. A section without bytes in the file ends where it begins. */
  readonly end: number;
  readonly link: number;
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const {buffer, bytesRead} = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

const readOffset = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

function split(table: Buffer, size: number): Buffer[] {
  return Array.from({length: Math.floor(table.length / size)}, (_, i) =>
    table.subarray(i * size, (i + 1) * size),
  );
}

async function readSections(file: FileHandle, header: Buffer): Promise<Section[]> {
  const count = header.readUInt16LE(HEADER.sectionCount);
  const table = await readBytes(file, readOffset(header, HEADER.sections), count * SECTION_BYTES);
  return split(table, SECTION_BYTES).map(section => {
    const [type, offset] = [
      section.readUInt32LE(SECTION.type),
      readOffset(section, SECTION.offset),
    ];
    const size = type === NO_BITS ? 0 : readOffset(section, SECTION.size);
    return {
      ...{header: section, type, offset},
      end: offset + size,
      link: section.readUInt32LE(SECTION.link),
    };
  });
}

/** Offset behind the last byte that is loaded into a process. */
async function readLoadedEnd(file: FileHandle, header: Buffer): Promise<number> {
  const count = header.readUInt16LE(HEADER.segmentCount);
  const table = await readBytes(file, readOffset(header, HEADER.segments), count * SEGMENT_BYTES);
  const ends = split(table, SEGMENT_BYTES).map(
    segment => readOffset(segment, SEGMENT.offset) + readOffset(segment, SEGMENT.size),
  );
  return Math.max(0, ...ends);
}

/** How to cut a library: what stays of its table of sections, and where the symbols begin. */
interface Cut {
  readonly offset: number;
  readonly sections: readonly Section[];
  readonly names: Section;
}

/**
 * Linkers put the symbol table, its strings and the names of sections last. Nothing is cut from a file in which they are not.
 * @returns undefined if nothing can be cut
 */
function planCut(
  sections: readonly Section[],
  nameIndex: number,
  loadedEnd: number,
): Cut | undefined {
  const [kept, last] = [sections.slice(0, -3), sections.slice(-3)];
  const symbols = last.find(({type}) => type === SYMBOL_TABLE);
  const names = sections[nameIndex];
  if (symbols === undefined || names === undefined) return undefined;
  if (!last.includes(names) || names === symbols) return undefined;
  if (sections[symbols.link] === names || !last.includes(sections[symbols.link]!)) return undefined;
  const offset = Math.min(...last.map(section => section.offset));
  const isBefore = (section: Section): boolean =>
    section.end <= offset && section.link < kept.length;
  return loadedEnd <= offset && kept.every(isBefore) ? {offset, sections: kept, names} : undefined;
}

/** Replaces everything behind the cut by the names and headers of the sections that stay. */
async function writeCut(file: FileHandle, header: Buffer, cut: Cut): Promise<number> {
  const names = await readBytes(file, cut.names.offset, cut.names.end - cut.names.offset);
  const table = Math.ceil((cut.offset + names.length) / 8) * 8;
  const namesHeader = Buffer.from(cut.names.header);
  namesHeader.writeBigUInt64LE(BigInt(cut.offset), SECTION.offset);
  const headers = [...cut.sections.map(section => section.header), namesHeader];
  const changed = Buffer.from(header);
  changed.writeBigUInt64LE(BigInt(table), HEADER.sections);
  changed.writeUInt16LE(headers.length, HEADER.sectionCount);
  changed.writeUInt16LE(cut.sections.length, HEADER.names);
  const end = table + headers.length * SECTION_BYTES;
  await file.write(names, 0, names.length, cut.offset);
  await file.write(Buffer.concat(headers), 0, headers.length * SECTION_BYTES, table);
  await file.write(changed, 0, HEADER_BYTES, 0);
  await file.truncate(end);
  return end;
}

/**
 * Removes the symbol table of a Linux library, which only debuggers read: a quarter of TensorFlow's. Bytes that are loaded stay where they
 * are, unchanged; so does the table that programs are linked by. The file is cut in place, which takes no time and no memory. `strip` would
 * read and write all of it.
 * @returns the number of bytes saved; 0 for a file that is no library, or that has its symbols elsewhere
 */
export async function stripSymbols(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const header = await readBytes(file, 0, HEADER_BYTES);
    if (header.length < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) return 0;
    const cut = planCut(
      await readSections(file, header),
      header.readUInt16LE(HEADER.names),
      await readLoadedEnd(file, header),
    );
    if (cut === undefined) return 0;
    const {size} = await file.stat();
    return size - (await writeCut(file, header, cut));
  } finally {
    await file.close();
  }
}
