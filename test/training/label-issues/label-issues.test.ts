import {expect} from 'chai';
import {createRng} from '../../../src/core/rng.js';
import {tf} from '../../../src/backend/tensorflow.js';
import {invertCholeskyFactor} from '../../../src/training/label-issues/linear-algebra.js';
import {
  LABEL_ISSUE_MARGIN,
  tukeyOutliers,
  rankLabelIssues,
  type LabeledFeatures,
} from '../../../src/training/label-issues/label-issues.js';
import {useBackend} from '../../helpers/backend.js';

/** Clouds of points about a center for each class, as features are. */
function clouds({
  count,
  width,
  classes,
  spread,
  seed,
}: Record<'count' | 'width' | 'classes' | 'spread' | 'seed', number>): LabeledFeatures {
  const stream = createRng(seed, 'clouds');
  const centers = Float32Array.from({length: classes * width}, () => stream.normal());
  const labels = Int32Array.from({length: count}, (_, i) => i % classes);
  const features = Float32Array.from({length: count * width}, (_, i) => {
    const label = labels[Math.floor(i / width)]!;
    return centers[label * width + (i % width)]! + spread * stream.normal();
  });
  return {features, width, labels, classes};
}

/** The same with the labels of some images moved on by one. */
function exchanged(source: LabeledFeatures, wrong: readonly number[]): LabeledFeatures {
  const labels = source.labels.map((label, i) =>
    wrong.includes(i) ? (label + 1) % source.classes : label,
  );
  return {...source, labels};
}

const WRONG = [4, 17, 33, 58];

describe('rankSuspects', () => {
  useBackend();

  for (const [what, shape] of [
    ['fewer images than features', {count: 80, width: 200}],
    ['more images than features', {count: 400, width: 24}],
  ] as const) {
    const source = clouds({...shape, classes: 3, spread: 0.7, seed: 1});

    it(`finds exchanged labels first, and the class they belong to: ${what}`, () => {
      const before = tf.memory().numTensors;
      const {labelIssues: mislabelled} = rankLabelIssues(exchanged(source, WRONG));
      const first = mislabelled.slice(0, WRONG.length);
      expect(first.map(({index}) => index).sort((a, b) => a - b)).to.deep.equal(WRONG);
      expect(first.map(({suggested}) => suggested)).to.deep.equal(
        first.map(({index}) => source.labels[index]),
      );
      expect(first.every(({margin}) => margin > LABEL_ISSUE_MARGIN)).to.equal(true);
      expect(mislabelled[WRONG.length]!.margin).to.be.below(LABEL_ISSUE_MARGIN);
      expect(tf.memory().numTensors).to.equal(before);
    });

    it(`is the same for the same images: ${what}`, () => {
      expect(rankLabelIssues(source)).to.deep.equal(rankLabelIssues(source));
    });
  }

  it('does what leaving one out does: an image does not speak for itself', () => {
    // The label of an image that is left out changes nothing of what is predicted for it.
    const source = clouds({count: 30, width: 8, classes: 2, spread: 2, seed: 2});
    const turned = exchanged(source, [7]);
    const [one, other] = [source, turned].map(of =>
      rankLabelIssues(of).labelIssues.find(({index}) => index === 7)!,
    );
    expect(one!.margin).to.be.closeTo(-other!.margin, 1e-3);
  });

  it('puts an image that is unlike all others first among the outliers', () => {
    const source = clouds({count: 300, width: 16, classes: 3, spread: 0.5, seed: 3});
    source.features.set(
      Float32Array.from({length: 16}, (_, i) => (i % 2 ? 30 : -30)),
      16 * 100,
    );
    const {outliers} = rankLabelIssues(source);
    expect(outliers[0]!.index).to.equal(100);
    expect(tukeyOutliers(outliers).map(({index}) => index))
      .to.include(100)
      .and.to.have.length.below(10);
  });

  for (const [what, source] of [
    ['one class', clouds({count: 9, width: 4, classes: 1, spread: 1, seed: 4})],
    ['nothing', {features: new Float32Array(), width: 4, labels: new Int32Array(), classes: 2}],
    [
      'features that are no numbers',
      {
        ...clouds({count: 9, width: 4, classes: 3, spread: 1, seed: 5}),
        features: new Float32Array(36).fill(NaN),
      },
    ],
  ] as const) {
    it(`says nothing of ${what}`, () =>
      expect(rankLabelIssues(source)).to.deep.equal({labelIssues: [], outliers: []}));
  }

  it('is not sure of anything where all features are the same', () => {
    const source = {
      features: new Float32Array(60).fill(3),
      width: 4,
      labels: Int32Array.from({length: 15}, (_, i) => i % 3),
      classes: 3,
    };
    expect(
      rankLabelIssues(source).labelIssues.every(({margin}) => margin < LABEL_ISSUE_MARGIN),
    ).to.equal(true);
  });
});

describe('inverseFactor', () => {
  it('inverts the lower factor', () => {
    // [[4, 2], [2, 5]] = L L', L = [[2, 0], [1, 2]]
    expect([...invertCholeskyFactor(Float64Array.of(4, 2, 2, 5), 2)]).to.deep.equal([
      0.5, 0, -0.25, 0.5,
    ]);
  });

  it('refuses a matrix that has none', () => {
    expect(() => invertCholeskyFactor(Float64Array.of(1, 2, 2, 1), 2)).to.throw(
      /^The matrix is not positive definite: the pivot of row 1 is -3\.$/,
    );
  });
});
