import {expect} from 'chai';
import {createRng, shuffle} from '../../src/core/rng.js';

const draws = (count: number, next: () => number): number[] => Array.from({length: count}, next);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('random', () => {
  it('draws the same numbers for the same keys, on every machine', () => {
    const stream = createRng(42, 'order', 0, 7);
    expect(draws(3, () => stream.next())).to.deep.equal(
      draws(3, createRng(42, 'order', 0, 7).next),
    );
    expect(draws(3, createRng('finetune', 1).next)).to.deep.equal([
      0.8909151451662183, 0.166782655287534, 0.047081482131034136,
    ]);
  });

  it('draws other numbers for other keys, and where the keys part', () => {
    const keys = [
      [1, 23],
      [12, 3],
      [123],
      ['1', '2', 3],
      [1, 'view', 2],
      [1, 'order', 2],
      [0],
      [1],
    ] as const;
    const first = keys.map(key => createRng(...key).next());
    expect(new Set(first).size).to.equal(keys.length);
  });

  it('is uniform in [0, 1), and over whole numbers', () => {
    const {next, integer} = createRng('uniform');
    const values = draws(20_000, next);
    expect(Math.min(...values)).to.be.within(0, 0.001);
    expect(Math.max(...values)).to.be.within(0.999, 1 - 2 ** -32);
    // Nine standard errors of the mean: 9 * 0.289 / sqrt(20000).
    expect(mean(values)).to.be.closeTo(0.5, 0.019);
    const counts = Array.from({length: 5}, () => 0);
    draws(20_000, () => counts[integer(5)]!++);
    // Of 4000 expected each, nine standard deviations of 57.
    for (const count of counts) expect(count).to.be.within(3490, 4510);
  });

  it('draws between two bounds', () => {
    const {uniform: between} = createRng('between');
    const values = draws(1000, () => between(-3, 5));
    expect(Math.min(...values)).to.be.within(-3, -2.9);
    expect(Math.max(...values)).to.be.within(4.9, 5);
  });

  it('is normal where asked', () => {
    const {normal} = createRng('normal');
    const values = draws(20_000, normal);
    expect(mean(values)).to.be.closeTo(0, 0.06);
    expect(mean(values.map(value => value ** 2))).to.be.closeTo(1, 0.09);
    expect(mean(values.map(value => (Math.abs(value) < 1.96 ? 1 : 0)))).to.be.closeTo(0.95, 0.015);
    expect(values.every(Number.isFinite)).to.equal(true);
  });

  it('consecutive keys give streams that do not resemble each other', () => {
    const first = draws(5000, () => 0).map((_, i) => createRng(42, 'view', 1, i).next());
    const correlation = mean(
      first.slice(1).map((value, i) => (value - 0.5) * (first[i]! - 0.5) * 12),
    );
    expect(correlation).to.be.closeTo(0, 0.13);
    expect(mean(first)).to.be.closeTo(0.5, 0.04);
  });
});

describe('shuffled', () => {
  const items = Array.from({length: 50}, (_, i) => i);

  it('gives the same things in another order, and leaves what it was given', () => {
    const given = [...items];
    const mixed = shuffle(given, createRng(1));
    expect(given).to.deep.equal(items);
    expect(mixed).to.not.deep.equal(items);
    expect([...mixed].sort((a, b) => a - b)).to.deep.equal(items);
  });

  it('gives the same order for the same stream, another for another', () => {
    expect(shuffle(items, createRng(1))).to.deep.equal(shuffle(items, createRng(1)));
    expect(shuffle(items, createRng(1))).to.not.deep.equal(shuffle(items, createRng(2)));
  });

  it('every thing comes to every place equally often', () => {
    const counts = Array.from({length: 9}, () => 0);
    for (let i = 0; i < 6000; i++)
      shuffle([0, 1, 2], createRng('fair', i)).forEach(
        (item, place) => counts[3 * item + place]!++,
      );
    for (const count of counts) expect(count).to.be.within(1700, 2300);
  });

  it('has nothing to do for nothing', () => {
    expect(shuffle([], createRng(1))).to.deep.equal([]);
  });
});
