import {expect} from 'chai';
import {fromFloat16, toFloat16} from '../../src/core/float16.js';

const thereAndBack = (...numbers: readonly number[]): number[] => {
  const back = new Float32Array(numbers.length);
  fromFloat16(toFloat16(Float32Array.from(numbers)), back);
  return [...back];
};

describe('halves', () => {
  it('are what IEEE 754 says they are', () => {
    // Wikipedia's table of half-precision examples.
    const table: readonly (readonly [number, number])[] = [
      [0x0001, 2 ** -24],
      [0x03ff, 2 ** -14 * (1023 / 1024)],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3bff, 0.99951171875],
      [0x3c00, 1],
      [0x3c01, 1.0009765625],
      [0x7bff, 65504],
      [0x8000, -0],
      [0xc000, -2],
    ];
    const numbers = new Float32Array(table.length);
    fromFloat16(
      Uint16Array.from(table, ([half]) => half),
      numbers,
    );
    expect([...numbers]).to.deep.equal(table.map(([, number]) => number));
    expect([...toFloat16(numbers)]).to.deep.equal(table.map(([half]) => half));
  });

  it('survive the way to float32 and back, every finite one', () => {
    const finite = Uint16Array.from({length: 65_536}, (_, half) => half).filter(
      half => ((half >>> 10) & 31) < 31,
    );
    const numbers = new Float32Array(finite.length);
    fromFloat16(finite, numbers);
    expect(toFloat16(numbers)).to.deep.equal(finite);
  });

  it('are the nearest to a number, the even one of two as near', () => {
    expect(thereAndBack(1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -20)).to.deep.equal([
      1,
      1 + 2 ** -9,
      1 + 2 ** -10,
    ]);
    expect(thereAndBack(2 ** -25, 3 * 2 ** -25, 2 ** -26)).to.deep.equal([0, 2 ** -23, 0]);
    expect(thereAndBack(2047.9999)).to.deep.equal([2048]);
  });

  it('end at the largest finite one, and keep what is not a number', () => {
    expect(thereAndBack(65519, 65520, 1e30, -Infinity)).to.deep.equal([
      65504, 65504, 65504, -65504,
    ]);
    expect(thereAndBack(NaN)[0]).to.be.NaN;
  });

  it('are written at a place', () => {
    const into = new Float32Array(3);
    fromFloat16(Uint16Array.of(0x3c00), into, 2);
    expect([...into]).to.deep.equal([0, 0, 1]);
  });
});
