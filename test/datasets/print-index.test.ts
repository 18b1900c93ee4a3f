import {expect} from 'chai';
import {COEFFICIENTS, coefficientsOf} from '../../src/datasets/print-hash.js';
import {PrintIndex} from '../../src/datasets/print-index.js';
import {thumbprint} from '../../src/datasets/thumbprint.js';
import {photograph, pixels} from './photographs.js';

describe('PrintIndex', () => {
  const prints: Uint8Array[] = [];
  before(async () => {
    const shared = thumbprint(await pixels(await photograph(0)));
    for (let seed = 1; seed <= 40; seed++) {
      const own = thumbprint(await pixels(await photograph(seed)));
      prints.push(shared.map((value, i) => 0.85 * value + 0.15 * own[i]!)); // as X-rays are alike
    }
  });
  const alike = (number: number, isWanted: (other: number) => boolean): number[] => [
    ...new PrintIndex(prints, 0, prints.length).alike(coefficientsOf(prints[number]!).subarray(0, COEFFICIENTS), number, isWanted).keys(),
  ];

  it('finds no more than a dozen where all pictures are of one kind, the most alike first', () => {
    const found = alike(5, () => true);
    expect(found).to.have.length(12);
    expect(found[0]).to.equal(5);
  });

  it('finds only what is wanted', () => {
    expect(alike(5, other => other === 7)).to.deep.equal([7]);
  });
});
