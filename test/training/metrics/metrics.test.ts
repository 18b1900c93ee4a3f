import {expect} from 'chai';
import {NanProbabilityError, RunningMetrics} from '../../../src/training/metrics/metrics.js';

const CLASSES = ['a', 'b', 'c', 'd', 'e', 'never'];
const COUNT = 50;
const LABELS = Int32Array.from({length: COUNT}, (_, i) => [0, 0, 0, 1, 1, 2, 3, 3, 4, 5][i % 10]!);

/** Made by integer arithmetic so that Python makes the same table; the last class is never the likeliest. */
const PROBABILITIES = LABELS.reduce<number[]>((rows, label, i) => {
  const row = CLASSES.map(
    (_, j) =>
      (((i * 31 + j * 19 + i * j * 7) % 101) + 1 + (label === j ? 40 : 0)) * (j === 5 ? 0.25 : 1),
  );
  const sum = row.reduce((a, b) => a + b, 0);
  return [...rows, ...row.map(value => value / sum)];
}, []);

/**
 * scikit-learn 1.9.1 on y and p, made as above with NumPy: accuracy_score(y, p.argmax(1)), top_k_accuracy_score(y, p, k=5),
 * log_loss(y, p), balanced_accuracy_score, f1_score(average='macro'), precision_recall_fscore_support, confusion_matrix.
 */
const SKLEARN = {
  accuracy: 0.54,
  top5Accuracy: 0.96,
  loss: 1.3656675014949327,
  balancedAccuracy: 0.4944444444444444,
  macroF1: 0.45022385022385025,
  precision: [0.6666666666666666, 0.625, 0.4444444444444444, 0.6, 0.25, null],
  recall: [0.6666666666666666, 0.5, 0.8, 0.6, 0.4, 0],
  f1: [0.6666666666666666, 0.5555555555555556, 0.5714285714285714, 0.6, 0.3076923076923077, 0],
  support: [15, 10, 5, 10, 5, 5],
  confusionMatrix: [
    [10, 1, 2, 1, 1, 0],
    [2, 5, 0, 1, 2, 0],
    [0, 1, 4, 0, 0, 0],
    [0, 0, 2, 6, 2, 0],
    [0, 1, 1, 1, 2, 0],
    [3, 0, 0, 1, 1, 0],
  ],
};

/** Adds the table in batches of `size`, the last one shorter, with the cross-entropy of each. */
function measured(size: number) {
  const running = new RunningMetrics(CLASSES);
  for (let start = 0; start < COUNT; start += size) {
    const labels = LABELS.slice(start, start + size);
    const rows = Float32Array.from(
      PROBABILITIES.slice(start * CLASSES.length, (start + size) * CLASSES.length),
    );
    const losses = [...labels].map(
      (label, i) => -Math.log(PROBABILITIES[(start + i) * CLASSES.length + label]!),
    );
    running.add(
      rows,
      labels,
      losses.reduce((a, b) => a + b, 0),
    );
  }
  return running.metrics();
}

function metricsOf(
  classNames: readonly string[],
  rows: readonly (readonly number[])[],
  labels: readonly number[],
) {
  const running = new RunningMetrics(classNames);
  running.add(Float32Array.from(rows.flat()), Int32Array.from(labels), 0);
  return running.metrics();
}

describe('metrics', () => {
  it("are scikit-learn's", () => {
    const metrics = measured(COUNT);
    for (const name of [
      'accuracy',
      'top5Accuracy',
      'loss',
      'balancedAccuracy',
      'macroF1',
    ] as const) {
      expect(metrics[name], name).to.be.closeTo(SKLEARN[name], 1e-12);
    }
    expect(metrics.numImages).to.equal(COUNT);
    expect(metrics.confusionMatrix).to.deep.equal(SKLEARN.confusionMatrix);
    CLASSES.forEach((name, i) => {
      const {precision, recall, f1, support} = metrics.perClass[name]!;
      expect([precision, recall, f1, support], name).to.deep.equal([
        SKLEARN.precision[i],
        SKLEARN.recall[i],
        SKLEARN.f1[i],
        SKLEARN.support[i],
      ]);
    });
  });

  it('do not depend on how the images fell into batches', () => {
    const {loss, ...whole} = measured(COUNT);
    for (const size of [1, 7, 32]) {
      const {loss: batched, ...rest} = measured(size);
      expect(rest, `batches of ${size}`).to.deep.equal(whole);
      expect(batched).to.be.closeTo(loss, 1e-12);
    }
  });

  it('have no precision for a class that is never predicted, and no recall or F1 for one that is nowhere', () => {
    const {perClass, balancedAccuracy, macroF1} = metricsOf(['seen', 'missed', 'absent'], [[1, 0, 0], [1, 0, 0]], [0, 1]); // prettier-ignore
    expect(perClass).to.deep.equal({
      seen: {precision: 0.5, recall: 1, f1: 2 / 3, support: 1},
      missed: {precision: null, recall: 0, f1: 0, support: 1},
      absent: {precision: null, recall: null, f1: null, support: 0},
    });
    expect(balancedAccuracy).to.equal(0.5);
    expect(macroF1).to.equal(1 / 3);
  });

  it('give a tie to the lower class index, for top-1 and top-5 alike', () => {
    const even = Array<number>(7).fill(1 / 7);
    const {
      accuracy,
      top5Accuracy: top5,
      confusionMatrix: confusion,
    } = metricsOf([...'abcdefg'], [even, even, even], [0, 4, 5]);
    expect(accuracy).to.equal(1 / 3);
    expect(top5).to.equal(2 / 3);
    expect(confusion.map(row => row[0])).to.deep.equal([1, 0, 0, 0, 1, 1, 0]);
  });

  it('count every image as in the top 5 when there are five classes or fewer', () => {
    expect(metricsOf(['a', 'b'], [[1, 0]], [1]).top5Accuracy).to.equal(1);
    expect(metricsOf([...'abcde'], [[5, 4, 3, 2, 1]], [4]).top5Accuracy).to.equal(1);
  });

  it('keep classes named like the furniture of JavaScript objects', () => {
    const names = ['__proto__', 'constructor', 'toString', '10', '2'];
    const metrics = metricsOf(names, [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0]], [0, 1]); // prettier-ignore
    const read = JSON.parse(JSON.stringify(metrics.perClass)) as typeof metrics.perClass;
    expect(Object.keys(read)).to.have.members(names);
    expect(Object.getOwnPropertyDescriptor(read, '__proto__')?.value).to.deep.equal({
      precision: 1,
      recall: 1,
      f1: 1,
      support: 1,
    });
    expect(read['constructor']).to.deep.equal({precision: null, recall: 0, f1: 0, support: 1});
  });

  it('carry the Wilson interval of their accuracy', () => {
    const [low, high] = measured(COUNT).accuracyCi95;
    expect(low).to.be.below(0.54).and.above(0.4);
    expect(high).to.be.above(0.54).and.below(0.68);
  });

  it('refuse a probability that is not a number, saying whose', () => {
    const running = new RunningMetrics(['cat', 'dog']);
    running.add(Float32Array.of(0.5, 0.5), Int32Array.of(0), 1);
    expect(() => running.add(Float32Array.of(1, 0, 0.5, NaN), Int32Array.of(0, 1), 1))
      .to.throw(
        NanProbabilityError,
        'The probability of class "dog" for image 2 is NaN. The weights have diverged: train again with a lower learning rate.',
      )
      .with.property('code', 'TRAINING_DIVERGED');
  });

  it('refuse rows and labels that do not fit the classes', () => {
    const running = new RunningMetrics(['cat', 'dog']);
    expect(() => running.add(Float32Array.of(1, 0, 0), Int32Array.of(0), 1)).to.throw(
      RangeError,
      '3 probabilities do not fit labels 0: give 1 x 2, and labels below 2.',
    );
    expect(() => running.add(Float32Array.of(1, 0), Int32Array.of(2), 1)).to.throw(
      RangeError,
      '2 probabilities do not fit labels 2: give 1 x 2, and labels below 2.',
    );
  });
});
