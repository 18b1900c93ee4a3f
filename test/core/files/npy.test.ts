import {expect} from 'chai';
import {npyHeader} from '../../../src/core/files/npy.js';

/** Reads a header by the format's description: magic, version, length (uint16), a Python dictionary. */
function readHeader(bytes: Uint8Array): {readonly text: string; readonly end: number} {
  const buffer = Buffer.from(bytes);
  expect(buffer.subarray(0, 8).toString('latin1')).to.equal('\x93NUMPY\x01\x00');
  const end = 10 + buffer.readUInt16LE(8);
  return {text: buffer.toString('latin1', 10, end), end};
}

describe('the header of a NumPy file', () => {
  const SHAPES: readonly (readonly [readonly number[], string])[] = [
    [[3, 512], '(3, 512)'],
    [[7], '(7,)'],
    [[0, 2048], '(0, 2048)'],
    [[123_456_789, 2048, 7, 7], '(123456789, 2048, 7, 7)'],
  ];
  for (const [shape, tuple] of SHAPES) {
    it(`describes float32 values of shape ${tuple}, and ends at a multiple of 64 bytes`, () => {
      const header = npyHeader(shape);
      const {text, end} = readHeader(header);
      expect(text).to.match(/ *\n$/);
      expect(text.trimEnd()).to.equal(
        `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`,
      );
      expect(end).to.equal(header.length);
      expect(end % 64).to.equal(0);
    });
  }
});
