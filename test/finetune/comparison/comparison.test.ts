import {expect} from 'chai';
import {
  summarizeComparison,
  type ProbedWeights,
} from '../../../src/finetune/comparison/comparison.js';
import {RunningMetrics} from '../../../src/training/metrics/metrics.js';

const IMAGES = 100;

/** A probe that classifies the images with these indices correctly. */
function probed(
  weights: string,
  correct: readonly number[],
  others: Partial<ProbedWeights> = {},
): ProbedWeights {
  const running = new RunningMetrics(['ants', 'bees']);
  const rows = Array.from({length: IMAGES}, (_, i) =>
    correct.includes(i) ? [0.9, 0.1] : [0.1, 0.9],
  );
  running.add(Float32Array.from(rows.flat()), new Int32Array(IMAGES), 1);
  return {
    ...{weights, nonCommercial: false, metrics: running.metrics(), seconds: 1},
    correct: new Set(correct.map(String)),
    ...others,
  };
}

const range = (from: number, to: number): number[] =>
  Array.from({length: to - from}, (_, i) => from + i);

const V1 = probed('v1', range(0, 80));

describe('summarizeComparison', () => {
  it('recommends weights that are clearly better than the default, with the numbers', () => {
    const v2 = probed('v2', range(2, 95));
    const {recommended, reason, compared} = summarizeComparison([V1, v2], 'v1');
    expect(recommended).to.equal('v2');
    // scipy.stats.binomtest(2, 17, 0.5).pvalue = 0.00235
    expect(reason).to.equal(
      "It is clearly better than v1: 15 images against 2, p = 0.002 (McNemar's exact test).",
    );
    expect(compared.map(({weights, againstDefault}) => [weights, againstDefault])).to.deep.equal([
      ['v1', undefined],
      ['v2', {onlyThese: 15, onlyDefault: 2, pValue: compared[1]!.againstDefault!.pValue}],
    ]);
    expect(compared[1]!.againstDefault!.pValue).to.be.closeTo(0.00235, 1e-5);
  });

  it('keeps the default where the difference may be chance, and says how large it is', () => {
    const v2 = probed('v2', range(1, 85));
    const {recommended, reason} = summarizeComparison([V1, v2], 'v1');
    expect(recommended).to.equal('v1');
    expect(reason).to.equal(
      "It is the default, and none is clearly better on 100 images: the most accurate is v2, by 5 images against 1, p = 0.219 (McNemar's exact test).",
    );
  });

  it('keeps a default that none exceeds', () => {
    for (const correct of [range(0, 80), range(0, 40)])
      expect(summarizeComparison([V1, probed('v2', correct)], 'v1')).to.include({
        recommended: 'v1',
        reason: 'It is the default, and none is more accurate.',
      });
  });

  it('takes the most accurate of several that are clearly better', () => {
    const others = [
      probed('a', range(0, 92)),
      probed('b', range(0, 97)),
      probed('c', range(0, 95)),
    ];
    expect(summarizeComparison([...others, V1], 'v1').recommended).to.equal('b');
  });

  it('asks for more where more are compared', () => {
    // 6 images against 0: p = 0.031, below 0.05, and above 0.05 / 2.
    const better = probed('better', range(0, 86));
    const worse = probed('worse', range(0, 10));
    expect(summarizeComparison([V1, better], 'v1').recommended).to.equal('better');
    expect(summarizeComparison([V1, better, worse], 'v1').recommended).to.equal('v1');
  });

  it('never takes weights that are clearly worse', () => {
    expect(summarizeComparison([V1, probed('worse', range(0, 10))], 'v1').recommended).to.equal(
      'v1',
    );
  });

  it('says where the license of what it recommends forbids commercial use', () => {
    const swsl = probed('swsl', range(0, 95), {licenseId: 'CC-BY-NC-4.0', nonCommercial: true});
    expect(summarizeComparison([V1, swsl], 'v1').reason).to.match(
      / Its license, CC-BY-NC-4\.0, forbids commercial use\.$/,
    );
  });
});
