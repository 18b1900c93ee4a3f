import {expect} from 'chai';
import {combineVotes} from '../../../src/export/ensemble/vote.js';

const softmax = (logits: readonly number[]): number[] => {
  const exponentials = logits.map(Math.exp);
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map(value => value / sum);
};

const expectClose = (found: Float32Array, expected: readonly number[]): void => {
  expect(found).to.have.lengthOf(expected.length);
  found.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-6));
};

describe('combineVotes', () => {
  const members = [
    Float32Array.from([0.6, 0.3, 0.1, 0.2, 0.5, 0.3]),
    Float32Array.from([0.1, 0.7, 0.2, 0.4, 0.1, 0.5]),
    Float32Array.from([0.5, 0.4, 0.1, 0.3, 0.3, 0.4]),
  ];

  it('takes the mean of the probabilities', () => {
    expectClose(
      combineVotes('mean', members, 3),
      [1.2, 1.4, 0.4, 0.9, 0.9, 1.2].map(sum => sum / 3),
    );
  });

  it('takes the softmax of the mean logits, whatever constant each network adds to its logits', () => {
    const logits = [
      [1.5, -0.5, 3, 0.25],
      [20, 22, 19, 21],
    ];
    const mean = logits[0]!.map((value, i) => (value + logits[1]![i]!) / 2);
    const probabilities = logits.map(row => Float32Array.from(softmax(row)));
    expectClose(combineVotes('logits', probabilities, 4), softmax(mean));
  });

  it('takes the logits of a probability that float32 rounds to 0 as very low', () => {
    const [certain, even] = [Float32Array.from([1, 0]), Float32Array.from([0.5, 0.5])];
    const combined = combineVotes('logits', [certain, even], 2);
    expect(combined[0]).to.equal(1);
    expect(combined[1]).to.be.within(0, 1e-18);
  });

  it('counts a vote for the most likely class of each member', () => {
    // Of the first image, two members vote for class 0, although its mean probability is lower than that of class 1.
    const [first, second] = [0, 3].map(start => [
      ...combineVotes('majority', members, 3).subarray(start, start + 3),
    ]) as [number[], number[]];
    expect(first.indexOf(Math.max(...first))).to.equal(0);
    expectClose(Float32Array.from(first), [(2 + 0.4) / 4, (1 + 1.4 / 3) / 4, 0.4 / 12]);
    expect(second.indexOf(Math.max(...second))).to.equal(2);
  });

  it('breaks a tie of votes by the mean of the probabilities', () => {
    const tied = [Float32Array.from([0.9, 0.1]), Float32Array.from([0.4, 0.6])];
    const combined = combineVotes('majority', tied, 2);
    expect(combined[0]).to.be.greaterThan(combined[1]!);
    expectClose(combined, [1.65 / 3, 1.35 / 3]);
  });

  it('leaves the probabilities of one member as they are', () => {
    for (const vote of ['mean', 'logits', 'majority'] as const)
      expect(combineVotes(vote, [members[0]!], 3)).to.equal(members[0]);
  });
});
