import {expect} from 'chai';
import {MemoryBudget, DTYPES, parseShape} from '../../../src/backbones/readers/dtypes.js';
import {bytesOf} from '../../helpers/torch-files.js';

describe('ELEMENT_TYPES', () => {
  it('decodes halves: normal, subnormal, signed zero, infinite, not a number', () => {
    const bits = Uint16Array.of(
      0x3c00,
      0xc000,
      0x3555,
      0x7bff,
      0x0001,
      0x83ff,
      0x8000,
      0x7c00,
      0xfc00,
      0x7e00,
    );
    const expected = [
      1,
      -2,
      0.333251953125,
      65504,
      2 ** -24,
      -1023 * 2 ** -24,
      -0,
      Infinity,
      -Infinity,
      NaN,
    ];
    expect([...DTYPES.F16.decode(bytesOf(bits))]).to.deep.equal(expected);
  });

  it('decodes brain floats as the upper half of float32', () => {
    expect([...DTYPES.BF16.decode(bytesOf(Uint16Array.of(0x3f80, 0xc049, 0x7f80)))]).to.deep.equal([
      1,
      -3.140625,
      Infinity,
    ]);
  });

  it('views what lies aligned, and copies what does not', () => {
    const memory = Buffer.alloc(9);
    memory.writeFloatLE(1.5, 1);
    memory.writeFloatLE(2.5, 4);
    expect(DTYPES.F32.decode(new Uint8Array(memory.buffer, memory.byteOffset + 4, 4))[0]).to.equal(
      2.5,
    );
    expect(DTYPES.F32.decode(new Uint8Array(8)).byteLength).to.equal(8);
    const aligned = new Uint8Array(new ArrayBuffer(8));
    expect(DTYPES.F32.decode(aligned).buffer).to.equal(aligned.buffer);
    const shifted = aligned.subarray(1, 5);
    expect(DTYPES.F32.decode(shifted).buffer).to.not.equal(aligned.buffer);
  });
});

describe('Budget', () => {
  it('grants what the file has, and 16 bytes for each number that is asked for', () => {
    const budget = new MemoryBudget(10);
    budget.reserve('a', 4);
    budget.grant(2);
    budget.reserve('b', 38);
    expect(() => budget.reserve('c', 1)).to.throw('1 bytes for "c", far more than it needs');
  });
});

describe('parseShape', () => {
  it('takes only shapes', () => {
    expect(parseShape('a', [2, 0])).to.deep.equal([2, 0]);
    for (const shape of [undefined, 3, [-1], [1.5], ['1'], [2 ** 53], Array<number>(33).fill(1)]) {
      expect(() => parseShape('a', shape)).to.throw('no valid shape for tensor "a"');
    }
  });
});
