import {expect} from 'chai';
import {createRng} from '../../../src/core/rng.js';
import {separation} from '../../../src/training/open-set/auroc.js';
import {fitOpenSet, MIN_IMAGES, OpenSetScorer} from '../../../src/training/open-set/open-set.js';
import {
  fromOpenSetRecord,
  toOpenSetRecord,
} from '../../../src/training/open-set/open-set-record.js';

const [WIDTH, CLASSES] = [64, 3];
const rng = createRng(3, 'open set');
/** One direction per class. */
const layer = {
  classes: CLASSES,
  weight: Float32Array.from({length: CLASSES * WIDTH}, (_, i) =>
    i % WIDTH === Math.floor(i / WIDTH) ? 1 : 0,
  ),
};

/** Clouds of width 1 around one center per class, moved as a whole by `shift`. */
function draw(count: number, shift: number) {
  const features = new Float32Array(count * WIDTH).map((_, i) => {
    const [image, k] = [Math.floor(i / WIDTH), i % WIDTH];
    return rng.normal() + shift + (k === image % CLASSES ? 4 : 0);
  });
  const probabilities = new Float32Array(count * CLASSES);
  for (let i = 0; i < count; i++) {
    const powers = Array.from({length: CLASSES}, (_, k) => Math.exp(features[i * WIDTH + k]!));
    const sum = powers.reduce((a, b) => a + b);
    probabilities.set(
      powers.map(power => power / sum),
      i * CLASSES,
    );
  }
  return {features, probabilities};
}

describe('an open set', () => {
  const openSet = fitOpenSet(draw(100, 0), layer)!;
  const scorer = new OpenSetScorer(openSet, layer);

  it('keeps 95 % of new images of the classes', () => {
    const kept = [...scorer.score(draw(2000, 0))].filter(score => score >= 0).length / 2000;
    // The threshold is the 6th of 100 scores; its fraction of new ones has a standard deviation of 2.2 points.
    expect(kept).to.be.within(0.88, 0.995);
  });

  it('tells images whose features lie elsewhere, where the probabilities say nothing', () => {
    const [known, unknown] = [draw(300, 0), draw(300, 0.7)];
    expect(separation([...scorer.score(known)], [...scorer.score(unknown)]).auroc).to.be.above(
      0.85,
    );
    const highest = ({probabilities}: typeof known): number[] =>
      Array.from({length: 300}, (_, i) =>
        Math.max(...probabilities.subarray(i * CLASSES, (i + 1) * CLASSES)),
      );
    expect(separation(highest(known), highest(unknown)).auroc).to.be.within(0.4, 0.6);
  });

  it('measures each image against the others: few images with many features are not ordinary', () => {
    // Of 24 images with 64 features each, nearly all of the 2,000 new ones would be unknown otherwise.
    const few = fitOpenSet(draw(24, 0), layer)!;
    const scores = new OpenSetScorer(few, layer).score(draw(2000, 0));
    expect([...scores].filter(score => score >= 0).length / 2000).to.be.above(0.75);
  });

  it('is not fitted on fewer than 20 images', () => {
    expect(fitOpenSet(draw(MIN_IMAGES - 1, 0), layer)).to.be.undefined;
    expect(fitOpenSet(draw(MIN_IMAGES, 0), layer)).not.to.be.undefined;
  });

  it('stays finite for features that never change, equal classes and certain probabilities', () => {
    const images = {
      features: new Float32Array(30 * WIDTH),
      probabilities: Float32Array.from({length: 90}, (_, i) => (i % 3 === 0 ? 1 : 0)),
    };
    const dull = {classes: CLASSES, weight: new Float32Array(CLASSES * WIDTH)};
    const scores = new OpenSetScorer(fitOpenSet(images, dull)!, dull).score(images);
    expect([...scores].every(Number.isFinite)).to.be.true;
  });

  it('is stored as JSON without loss', () => {
    const stored = JSON.parse(JSON.stringify(toOpenSetRecord(openSet))) as ReturnType<
      typeof toOpenSetRecord
    >;
    expect(fromOpenSetRecord(stored)).to.deep.equal(openSet);
  });
});

describe('separation', () => {
  it('is that of scikit-learn', () => {
    // sklearn.metrics.roc_auc_score of 1 (known) and 0; ties count half.
    const known = [0.9, 0.8, 0.7, 0.6, 0.55, 0.54, 0.53, 0.52, 0.51, 0.505];
    const unknown = [0.7, 0.6, 0.3, 0.2, 0.1, 0.52];
    const {auroc, fprAt95} = separation(known, unknown);
    expect(auroc).to.be.closeTo(0.725, 1e-12);
    expect(fprAt95).to.equal(0.5);
  });

  it('is 1, 0 and a half at its ends', () => {
    expect(separation([2, 3], [0, 1])).to.deep.equal({auroc: 1, fprAt95: 0});
    expect(separation([0, 1], [2, 3])).to.deep.equal({auroc: 0, fprAt95: 1});
    expect(separation([1, 1], [1]).auroc).to.equal(0.5);
  });

  it('needs images of both kinds', () => {
    expect(() => separation([], [1])).to.throw(RangeError);
    expect(() => separation([1], [])).to.throw(RangeError);
  });
});
