import {expect} from 'chai';
import {orderBySimilarity} from '../../../src/report/charts/seriation.js';

/** A matrix of 10 images a class, with these confusions. */
function matrix(
  classes: number,
  confusions: readonly (readonly [number, number, number])[],
): number[][] {
  const counts: number[][] = Array.from({length: classes}, (_, i) =>
    Array.from({length: classes}, (__, j) => (i === j ? 10 : 0)),
  );
  for (const [truth, prediction, count] of confusions) {
    counts[truth]![prediction] = count;
    counts[truth]![truth]! -= count;
  }
  return counts;
}

describe('the order of classes by similarity', () => {
  it('is that of the classes where nothing is confused', () => {
    expect(orderBySimilarity(matrix(4, []))).to.deep.equal([0, 1, 2, 3]);
  });

  it('puts classes that are confused next to each other, whichever way', () => {
    expect(orderBySimilarity(matrix(4, [[0, 3, 2]]))).to.deep.equal([0, 3, 1, 2]); // prettier-ignore
    expect(orderBySimilarity(matrix(4, [[3, 0, 2]]))).to.deep.equal([0, 3, 1, 2]); // prettier-ignore
  });

  it('joins chains at their ends, so that each class stands by the two it is most like', () => {
    const order = orderBySimilarity(matrix(5, [[0, 4, 5], [4, 2, 4], [2, 0, 3], [3, 1, 1]])); // prettier-ignore
    expect(order).to.deep.equal([0, 4, 2, 1, 3]);
    const turned = orderBySimilarity(matrix(4, [[0, 1, 5], [2, 3, 4], [0, 2, 3]])); // prettier-ignore
    expect(turned).to.deep.equal([1, 0, 2, 3]);
  });

  it('compares shares, not counts, and bears a class without images', () => {
    const counts = [[90, 6, 0, 0], [0, 100, 0, 0], [0, 4, 4, 0], [0, 0, 0, 0]]; // prettier-ignore
    // 4 of 8 of class 2 are more than 6 of 96 of class 0, and both fit beside class 1.
    expect(orderBySimilarity(counts)).to.deep.equal([0, 1, 2, 3]);
  });

  it('has every class once', () => {
    const many = matrix(60, Array.from({length: 59}, (_, i) => [i, (i * 17 + 5) % 60 === i ? 0 : (i * 17 + 5) % 60, 1 + (i % 5)] as const)); // prettier-ignore
    expect(orderBySimilarity(many).toSorted((a, b) => a - b)).to.deep.equal(
      Array.from({length: 60}, (_, i) => i),
    );
  });
});
