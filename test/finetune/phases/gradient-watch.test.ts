import {expect} from 'chai';
import {GradientWatch} from '../../../src/finetune/phases/gradient-watch.js';

const reported = (norms: readonly number[], clipNorm = 1): (string | undefined)[] => {
  const watch = new GradientWatch();
  return norms.map(norm => watch.check('full', norm, clipNorm));
};
const indexes = (norms: readonly number[], clipNorm?: number): number[] =>
  reported(norms, clipNorm).flatMap((message, i) => (message === undefined ? [] : [i]));

describe('the watch over gradient norms', () => {
  it('reports once that they explode', () => {
    expect(reported([3, 2, 150, 250, 900])[3]).to.equal(
      'The gradient norm of phase full has grown from 2.0 to 2.5e+2, so it may diverge. Lower --lr, or raise --warmup.',
    );
    expect(indexes([3, 2, 150, 250, 900, 2, 5000])).to.deep.equal([3]);
    expect(indexes([3, Infinity])).to.deep.equal([1]);
  });

  it('says nothing of large, growing or tiny norms', () => {
    expect(indexes([5000, 4000, 6000])).to.deep.equal([]);
    expect(indexes([1e-5, 0.9])).to.deep.equal([]);
    expect(indexes([0.1, 50], 60)).to.deep.equal([]);
  });
});
