/** Magic string and version 1.0 (NumPy, "The .npy format", https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
const MAGIC = [0x93, ...Buffer.from('NUMPY'), 1, 0];

/** The array begins at a multiple of this many bytes. */
const ALIGNMENT = 64;

/**
 * Header of a `.npy` file of float32 values, little-endian, row by row. The values follow as they are in memory.
 * @param shape at least one extent
 */
export function npyHeader(shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const fixedBytes = MAGIC.length + 2;
  const padding = ALIGNMENT - 1 - ((fixedBytes + text.length) % ALIGNMENT);
  const header = Buffer.from(`${text}${' '.repeat(padding)}\n`, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from(MAGIC), length, header]);
}
