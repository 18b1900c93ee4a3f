import {expect} from 'chai';
import {classCurves} from '../../../src/training/metrics/class-curves.js';
import {coverageCurve} from '../../../src/training/metrics/coverage.js';

const CLASSES = 3;
const LABELS = Int32Array.from({length: 40}, (_, i) => ((i * 7) % 5) % CLASSES);
/** Probabilities with ties, of which some are wrong. */
const PROBABILITIES = Float32Array.from(
  Array.from(LABELS, (label, i) => {
    const weights = [0, 1, 2].map(
      k => 1 + ((i * (k + 3)) % 7) + (k === label && i % 4 !== 0 ? 4 : 0),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map(weight => weight / sum);
  }).flat(),
);
const all = {probabilities: PROBABILITIES, labels: LABELS, classes: CLASSES};

/**
 * `average_precision_score(y == k, P[:, k])` and `roc_auc_score(y == k, P[:, k])` of scikit-learn 1.9.1 on the same numbers in float32:
 * y[i] = i * 7 % 5 % 3, and P[i, k] in proportion to 1 + i * (k + 3) % 7 + (4 if k == y[i] and i % 4 != 0 else 0).
 */
const SCIKIT_LEARN = [
  [0.8634418413830178, 0.9010416666666666],
  [0.8135628890775325, 0.8502604166666667],
  [0.8142857142857143, 0.9296875],
];

describe('average precision and area under the ROC curve', () => {
  it('are those of scikit-learn, with ties', () => {
    classCurves(all).forEach(({averagePrecision, rocAuc}, k) => {
      expect(averagePrecision).to.be.closeTo(SCIKIT_LEARN[k]![0]!, 1e-12);
      expect(rocAuc).to.be.closeTo(SCIKIT_LEARN[k]![1]!, 1e-12);
    });
  });

  it('are undefined for a class without images, and the area where there is no other class', () => {
    const only = classCurves({
      probabilities: Float32Array.of(0.7, 0.3, 0.6, 0.4),
      labels: Int32Array.of(0, 0),
      classes: 2,
    });
    expect(only[0]).to.include({averagePrecision: 1, rocAuc: null});
    expect(only[0]).to.not.have.property('roc');
    expect(only[1]).to.deep.equal({averagePrecision: null, rocAuc: null});
  });
});

describe('the curves of a class', () => {
  it('begin and end where they must', () => {
    for (const {precisionRecall, roc} of classCurves(all)) {
      expect(roc!.at(0)).to.deep.equal([0, 0]);
      expect(roc!.at(-1)).to.deep.equal([1, 1]);
      expect(precisionRecall!.at(-1)![0]).to.equal(1);
    }
  });

  it('of precision have steps whose area is the average precision', () => {
    for (const {averagePrecision, precisionRecall} of classCurves(all)) {
      const steps = precisionRecall!.map(
        ([recall, precision], i) => precision * (recall - (precisionRecall![i - 1]?.[0] ?? 0)),
      );
      expect(steps.reduce((a, b) => a + b, 0)).to.be.closeTo(averagePrecision!, 1e-3);
    }
  });

  it('of false positives have the area that is told, without points on straight lines', () => {
    for (const {rocAuc, roc} of classCurves(all)) {
      const parts = roc!.slice(1).map(([x, y], i) => ((x - roc![i]![0]) * (y + roc![i]![1])) / 2);
      expect(parts.reduce((a, b) => a + b, 0)).to.be.closeTo(rocAuc!, 1e-3);
      expect(roc!.length).to.be.below(25);
    }
  });

  it('have at most 50 points, and 20 classes have some: the weakest', () => {
    const classes = 30;
    const labels = Int32Array.from({length: 600}, (_, i) => i % classes);
    const probabilities = Float32Array.from({length: 600 * classes}, (_, at) => {
      const [i, k] = [Math.floor(at / classes), at % classes];
      const noise = ((i * 31 + k * 17) % 101) / 101;
      return noise + (labels[i] === k ? k / classes : 0);
    });
    const curves = classCurves({probabilities, labels, classes});
    const [shown, others] = [true, false].map(isShown =>
      curves.filter(({roc}) => (roc !== undefined) === isShown),
    );
    expect(shown).to.have.length(20);
    for (const {precisionRecall, roc} of shown!) {
      expect(precisionRecall!.length).to.be.within(2, 50);
      expect(roc!.length).to.be.within(2, 50);
    }
    const worst = Math.max(...shown!.map(({averagePrecision}) => averagePrecision!));
    expect(Math.min(...others!.map(({averagePrecision}) => averagePrecision!))).to.be.at.least(
      worst,
    );
  });
});

describe('coverage', () => {
  const three = {
    probabilities: Float32Array.of(0.9, 0.1, 0.75, 0.25, 0.4, 0.6),
    labels: Int32Array.of(0, 1, 1),
    classes: 2,
  };

  it('falls with the threshold, until no image is left', () => {
    const curve = coverageCurve(three);
    const at = (threshold: number) => curve.find(point => point.threshold === threshold);
    expect(at(0)).to.deep.equal({threshold: 0, coverage: 1, accuracy: 2 / 3});
    expect(at(0.5)).to.include({coverage: 1});
    expect(at(0.7)).to.deep.equal({threshold: 0.7, coverage: 2 / 3, accuracy: 1 / 2});
    expect(at(0.75)).to.include({coverage: 2 / 3});
    expect(at(0.76)).to.deep.equal({threshold: 0.76, coverage: 1 / 3, accuracy: 1});
    expect(at(0.91)).to.equal(undefined);
    expect(curve).to.have.length(90);
  });
});
