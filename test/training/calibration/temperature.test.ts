import {expect} from 'chai';
import {createRng} from '../../../src/core/rng.js';
import {
  calibrationScores,
  RunningCalibration,
} from '../../../src/training/calibration/calibration-scores.js';
import {
  applyTemperature,
  calibrate,
  describeCalibration,
  fitTemperature,
  type LabeledProbabilities,
} from '../../../src/training/calibration/temperature.js';

const [IMAGES, CLASSES] = [200, 5];

const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map(logit => Math.exp(logit - Math.max(...logits)));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map(power => power / sum);
};

const logitsOf = (image: number): number[] =>
  Array.from({length: CLASSES}, (_, k) => 6 * Math.sin(image * 7.3 + k * 2.1));

/** Confident probabilities of which one in four is wrong. */
const overconfident = {
  classes: CLASSES,
  probabilities: Float32Array.from({length: IMAGES}, (_, i) => i).reduce(
    (all, i) => (all.set(softmax(logitsOf(i)), i * CLASSES), all),
    new Float32Array(IMAGES * CLASSES),
  ),
  labels: Int32Array.from({length: IMAGES}, (_, i) => {
    const logits = logitsOf(i);
    return (logits.indexOf(Math.max(...logits)) + (i % 4 === 0 ? 1 : 0)) % CLASSES;
  }),
};

/** Labels drawn from the probabilities of logits, and the probabilities of `sharpness` times those logits. */
function drawn(count: number, sharpness: number, seed = 1): LabeledProbabilities {
  const rng = createRng(seed, 'labels');
  const probabilities = new Float32Array(count * CLASSES);
  const labels = new Int32Array(count).map((_, i) => {
    const logits = logitsOf(i).map(logit => logit / 4);
    probabilities.set(softmax(logits.map(logit => logit * sharpness)), i * CLASSES);
    let left = rng.next();
    return softmax(logits).findIndex(probability => (left -= probability) < 0) % CLASSES;
  });
  return {probabilities, labels, classes: CLASSES};
}

const accuracyOf = ({probabilities, labels}: LabeledProbabilities): number =>
  labels.reduce((hits, label, i) => {
    const row = probabilities.subarray(i * CLASSES, (i + 1) * CLASSES);
    return hits + (row.indexOf(Math.max(...row)) === label ? 1 : 0);
  }, 0) / labels.length;

describe('calibration scores', () => {
  it('equal those of NumPy', () => {
    // NumPy 2: 15 bins (b/15, (b+1)/15], in float64.
    const {ece, brier, loss} = calibrationScores(
      overconfident.probabilities,
      overconfident.labels,
      CLASSES,
    );
    expect(ece).to.be.closeTo(0.2653114109, 1e-6);
    expect(brier).to.be.closeTo(0.6561363226, 1e-6);
    expect(loss).to.be.closeTo(2.6194615887, 1e-5);
  });

  it('put confidences 0, 1 and borders into bins', () => {
    const running = new RunningCalibration();
    running.add(Float32Array.of(1, 0), 0, 0);
    running.add(Float32Array.of(0, 0), 0, 0);
    const {reliability} = running;
    expect(reliability).to.have.length(15);
    expect(reliability[14]).to.deep.equal({count: 1, confidence: 1, accuracy: 1});
    expect(reliability[0]).to.deep.equal({count: 1, confidence: 0, accuracy: 1});
    expect(reliability[7]).to.deep.equal({count: 0, confidence: 0, accuracy: 0});
  });
});

describe('a temperature', () => {
  it('equals that of SciPy', () => {
    // scipy.optimize.minimize_scalar of the summed loss plus 2 log(T)^2, in float64. Float32 probabilities end at 1e-7.
    expect(fitTemperature(overconfident)).to.be.closeTo(4.832968, 1e-3);
  });

  it('divides the logits', () => {
    const scaled = applyTemperature(overconfident.probabilities, CLASSES, 2.5);
    for (const i of [0, 17, 199]) {
      const expected = softmax(logitsOf(i).map(logit => logit / 2.5));
      expected.forEach((probability, k) =>
        expect(scaled[i * CLASSES + k]).to.be.closeTo(probability, 1e-6),
      );
    }
  });

  it('keeps probabilities of 0 and 1 finite, and their order', () => {
    const scaled = applyTemperature(Float32Array.of(1, 0, 0), 3, 3);
    expect(scaled.every(Number.isFinite)).to.be.true;
    expect(scaled[0]).to.be.above(0.999);
  });

  it('changes little for a few images that are all classified correctly', () => {
    const few = {
      classes: 2,
      probabilities: new Float32Array(20).map((_, i) => (i % 2 === 0 ? 0.9 : 0.1)),
      labels: new Int32Array(10),
    };
    // Without the prior it would be 0.1, the end of the range.
    expect(fitTemperature(few)).to.be.within(0.6, 1);
  });

  it('is found on the included images', () => {
    const isRight = (i: number): boolean => i % 4 !== 0;
    expect(fitTemperature(overconfident, isRight)).to.be.below(1);
  });
});

describe('calibrate', () => {
  it('lowers the calibration error of overconfident probabilities, told by cross-fitting', () => {
    const sharp = drawn(2000, 3);
    const {temperature, images, before, after} = calibrate(sharp);
    expect(images).to.equal(2000);
    // Standard error of a fit on 2,000 labels: a few percent.
    expect(temperature).to.be.closeTo(3, 0.3);
    expect(before.ece).to.be.above(0.1);
    expect(after.ece).to.be.below(0.03);
    expect(after.loss).to.be.below(before.loss);
    const probabilities = applyTemperature(sharp.probabilities, CLASSES, temperature);
    expect(accuracyOf({...sharp, probabilities})).to.equal(accuracyOf(sharp));
  });

  it('leaves probabilities alone where a lower loss would cost calibration', () => {
    // Most errors are at the highest confidence.
    expect(calibrate(overconfident).temperature).to.equal(1);
  });

  it('takes no temperature out of the noise of a few images', () => {
    const used = (count: number, sharpness: number): number =>
      Array.from(
        {length: 60},
        (_, seed) => calibrate(drawn(count, sharpness, seed)).temperature,
      ).filter(temperature => temperature !== 1).length;
    // A tenth of these draws lower the loss by a thousandth and the calibration error, by chance.
    expect(used(30, 1) + used(50, 1) + used(150, 1), 'calibrated, of 180').to.be.below(10);
    expect(used(100, 3), 'overconfident, of 60').to.be.above(50);
    expect(used(100, 0.4), 'underconfident, of 60').to.be.above(45);
  });

  it('leaves a single image alone', () => {
    const one = {probabilities: Float32Array.of(0.6, 0.4), labels: Int32Array.of(1), classes: 2};
    expect(calibrate(one).temperature).to.equal(1);
  });

  it('leaves probabilities alone that are calibrated', () => {
    // Labels drawn in proportion to the probabilities: 7, 2 and 1 of 10.
    const labels = Int32Array.from(
      {length: 200},
      (_, i) => [0, 0, 0, 0, 0, 0, 0, 1, 1, 2][i % 10]!,
    );
    const probabilities = new Float32Array(600).map((_, i) => [0.7, 0.2, 0.1][i % 3]!);
    const calibration = calibrate({probabilities, labels, classes: 3});
    expect(calibration.temperature).to.equal(1);
    expect(calibration.after).to.equal(calibration.before);
    expect(describeCalibration(calibration)).to.equal(
      'temperature 1, since no other clearly improves the calibration of 200 validation images; calibration error 0.0 %',
    );
  });

  it('can be told in a sentence', () => {
    const scores = (ece: number, loss: number) => ({ece, loss, brier: 0.1});
    expect(
      describeCalibration({
        temperature: 1.318,
        images: 153,
        before: scores(0.061, 0.2231),
        after: scores(0.032, 0.2139),
      }),
    ).to.equal(
      'temperature 1.32: calibration error 6.1 % -> 3.2 %, loss 0.223 -> 0.214, cross-fitted on 153 validation images',
    );
  });

  it('works with one image, and with one of each class', () => {
    const one = {classes: 2, probabilities: Float32Array.of(0.6, 0.4), labels: Int32Array.of(1)};
    expect(calibrate(one).images).to.equal(1);
    const two = {
      classes: 2,
      probabilities: Float32Array.of(0.6, 0.4, 0.3, 0.7),
      labels: Int32Array.of(0, 1),
    };
    expect(calibrate(two).temperature).to.be.finite;
  });
});
