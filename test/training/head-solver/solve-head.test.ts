import {expect} from 'chai';
import {tf} from '../../../src/backend/tensorflow.js';
import {createRng} from '../../../src/core/rng.js';
import {
  assignFolds,
  canHoldOut,
  chooseFolds,
  NEVER_HELD_OUT,
} from '../../../src/training/head-solver/cross-validation-folds.js';
import {describeHeadSolution} from '../../../src/training/head-solver/describe-head-solution.js';
import {createFeatureMatrix} from '../../../src/training/head-solver/feature-matrix.js';
import {classLogPriors, scoreHeldOut} from '../../../src/training/head-solver/held-out-score.js';
import {maxNorm, minimize} from '../../../src/training/head-solver/lbfgs.js';
import {
  fit,
  solveHead,
  type SolvedHead,
  type SolveOptions,
} from '../../../src/training/head-solver/solve-head.js';
import {withinClassCovariance} from '../../../src/training/head-solver/within-class-covariance.js';
import {computeImageWeights} from '../../../src/training/loop/class-balance.js';
import {useBackend} from '../../helpers/backend.js';
import {featureTable} from '../../helpers/feature-table.js';
import {rejectionOf} from '../../helpers/rejection.js';

const [IMAGES, WIDTH, CLASSES] = [90, 12, 3];
const labels = Int32Array.from({length: IMAGES}, (_, i) => i % CLASSES);

/** Clouds about a center for each class. */
function clouds(spread: number, key: string): number[][] {
  const [centers, noise] = [createRng(1, 'centers'), createRng(1, key)];
  const center = Array.from({length: CLASSES}, () =>
    Array.from({length: WIDTH}, () => centers.normal()),
  );
  return Array.from(labels, label => center[label]!.map(value => value + spread * noise.normal()));
}

async function solve(
  views: readonly (readonly (readonly number[])[])[],
  options: Partial<SolveOptions> = {},
): Promise<SolvedHead> {
  const matrix = await createFeatureMatrix(featureTable(views), views.length);
  try {
    return await solveHead(matrix, {
      labels,
      classes: CLASSES,
      weights: new Float64Array(IMAGES).fill(1),
      labelSmoothing: 0,
      groups: Array.from(labels.keys()),
      seed: 42,
      ...options,
    });
  } finally {
    matrix.dispose();
  }
}

const predict = ({weight, bias}: SolvedHead, row: readonly number[]): number => {
  const logits = Array.from(bias, (value, k) =>
    row.reduce((sum, x, column) => sum + x * weight[k * WIDTH + column]!, value),
  );
  return logits.indexOf(Math.max(...logits));
};

describe('L-BFGS', () => {
  it('finds the minimum of a quadratic of condition number 10,000', async () => {
    const scales = Float64Array.from({length: 20}, (_, i) => 10 ** (i / 4.75));
    const {point, gradient, iterations} = await minimize(
      x => ({
        value: x.reduce((sum, value, i) => sum + (scales[i]! / 2) * (value - i) ** 2, 0) + 1e-3,
        gradient: x.map((value, i) => scales[i]! * (value - i)),
      }),
      new Float64Array(20),
      {tolerance: 1e-6, maxIterations: 500},
    );
    expect(maxNorm(gradient)).to.be.at.most(1e-2);
    expect(iterations).to.be.below(500);
    point.forEach((value, i) => expect(value).to.be.closeTo(i, 1e-2));
  });
});

describe('computeImageWeights', () => {
  it('gives every class the same total under oversample, and every image the same under none', () => {
    const [several, one] = [Int32Array.of(0, 0, 0, 1), 2 / 3];
    expect([...computeImageWeights(several, 'oversample')]).to.deep.equal([one, one, one, 2]);
    expect([...computeImageWeights(several, 'weighted-loss')]).to.deep.equal([one, one, one, 2]);
    expect([...computeImageWeights(several, 'none')]).to.deep.equal([1, 1, 1, 1]);
  });

  it('caps the weight of a rare class under weighted-loss only', () => {
    const rare = Int32Array.from({length: 1001}, (_, i) => (i === 1000 ? 1 : 0));
    const ratio = (weights: Float64Array): number => weights[1000]! / weights[0]!;
    expect(ratio(computeImageWeights(rare, 'weighted-loss'))).to.be.closeTo(100, 1e-9);
    expect(ratio(computeImageWeights(rare, 'oversample'))).to.be.closeTo(1000, 1e-9);
  });
});

describe('the folds of the head solver', () => {
  it('never divide a group, and hold out every class with two groups', () => {
    const groups = Array.from(labels.keys(), index => Math.floor(index / 6) * 3 + (index % 3));
    const folds = assignFolds({labels, groups}, 5, 42);
    groups.forEach((group, index) => expect(folds[index]).to.equal(folds[groups.indexOf(group)]));
    for (let fold = 0; fold < 5; fold++)
      for (let label = 0; label < CLASSES; label++)
        expect(
          folds.filter((each, index) => each === fold && labels[index] === label),
        ).to.have.length(6);
  });

  it('never hold out the only group of a class', () => {
    const folds = assignFolds(
      {labels: Int32Array.of(0, 0, 0, 1, 1), groups: [0, 1, 2, 3, 3]},
      5,
      1,
    );
    expect([...folds.slice(3)]).to.deep.equal([NEVER_HELD_OUT, NEVER_HELD_OUT]);
    expect([...folds.slice(0, 3)]).not.to.include(NEVER_HELD_OUT);
  });
});

describe('chooseFolds', () => {
  const heldOutBy = (folds: ReturnType<typeof chooseFolds>, images: number): number[] =>
    folds.map(isHeldOut => Array.from({length: images}).filter((_, i) => isHeldOut(i)).length);

  it('skips folds that hold out no image', () => {
    const four = {labels: Int32Array.of(0, 0, 1, 1), groups: [0, 1, 2, 3]};
    expect(heldOutBy(chooseFolds(four, 42), 4)).to.deep.equal([1, 2, 1]);
  });

  it('holds out images where the first fold of a large set has none', () => {
    const many = Int32Array.from({length: 6000}, (_, i) => (i < 3000 ? 0 : 1));
    // The first class is one group. The two groups of the second are in the second and third fold.
    const groups = Array.from(many, (label, i) => (label === 0 ? 0 : i < 4500 ? 1 : 2));
    expect(heldOutBy(chooseFolds({labels: many, groups}, 42), 6000)).to.deep.equal([1500]);
  });
});

describe('scoreHeldOut', () => {
  const targets = {
    labels: Int32Array.of(0, 0, 0, 1),
    classes: 2,
    weights: Float64Array.of(1, 1, 1, 1),
    labelSmoothing: 0,
  };
  const even = new Float64Array(2).fill(-Math.LN2);

  it('finds the scale at which probabilities are as frequent as they say', () => {
    // A thousand images for class 0 by a margin of 0.5. Three of four are of class 0: logit(3/4) = log 3.
    const many = Array.from({length: 1000}, (_, i) => (i % 4 === 3 ? 1 : 0));
    const evidence = Float64Array.from(many.flatMap(() => [0.5, 0]));
    const {scale, loss, accuracy} = scoreHeldOut(
      evidence,
      {...targets, labels: Int32Array.from(many), weights: new Float64Array(1000).fill(1)},
      even,
    );
    expect(scale).to.be.closeTo(2 * Math.log(3), 0.01);
    expect(loss).to.be.closeTo(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)), 1e-4);
    expect(accuracy).to.equal(0.75);
  });

  it('leaves the priors alone, and images of weight 0 out', () => {
    const priors = classLogPriors(targets);
    expect([...priors].map(Math.exp)).to.deep.equal([0.75, 0.25]);
    const weights = Float64Array.of(1, 1, 0, 0);
    const silent = new Float64Array(8);
    const {loss, accuracy} = scoreHeldOut(silent, {...targets, weights}, priors);
    expect(loss).to.be.closeTo(-Math.log(0.75), 1e-12);
    expect(accuracy).to.equal(1);
  });

  it('stays finite where every image is right, and for a class without images', () => {
    const right = Float64Array.of(1, 0, 1, 0, 1, 0, 0, 1);
    expect(scoreHeldOut(right, targets, even).scale).to.be.within(2, 20);
    expect(classLogPriors({...targets, classes: 3})[2]).to.be.closeTo(Math.log(0.5 / 4), 1e-12);
  });
});

describe('withinClassCovariance', () => {
  useBackend();

  const covarianceOf = async (rows: number[][], weights: number[]): Promise<number[][]> => {
    const matrix = await createFeatureMatrix(featureTable([rows]), 1);
    const targets = {labels: Int32Array.of(0, 0, 1, 1), classes: 2, labelSmoothing: 0};
    const covariance = withinClassCovariance(matrix, {
      ...targets,
      weights: Float64Array.from(weights),
    });
    const values = covariance.arraySync();
    tf.dispose([covariance]);
    matrix.dispose();
    return values;
  };

  it('is mostly the identity, and larger along what varies within classes', async () => {
    // Classes differ in the first feature, images of a class in the second: a fifth of its trace of 2 goes there.
    const [first, second] = await covarianceOf([[0, 0], [0, 1], [5, 0], [5, 1]], [1, 1, 1, 1]); // prettier-ignore
    expect(first![0]).to.be.closeTo(0.8, 1e-6);
    expect(second![1]).to.be.closeTo(0.8 + 0.2 * 2, 1e-6);
    expect(first![1]).to.be.closeTo(0, 1e-6);
  });

  it('does not see images of weight 0, and is the identity where nothing varies', async () => {
    const rows = [[0, 0], [0, 1], [5, 0], [9, 1]]; // prettier-ignore
    const [first] = await covarianceOf(rows, [1, 1, 1, 0]);
    expect(first![0]).to.be.closeTo(0.8, 1e-6);
    expect(await covarianceOf(rows, [1, 0, 1, 0])).to.deep.equal([[1, 0], [0, 1]]); // prettier-ignore
  });
});

describe('solveHead', () => {
  useBackend();

  it('separates clouds, with a gradient below the tolerance, and frees its tensors', async () => {
    const before = tf.memory().numTensors;
    const rows = clouds(0.3, 'a');
    const solved = await solve([rows]);
    expect(rows.map(row => predict(solved, row))).to.deep.equal([...labels]);
    expect(solved.gradientNorm).to.be.below(1e-5);
    expect(solved.folds).to.equal(5);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('chooses a stronger L2 where classes overlap', async () => {
    const [apart, overlapping] = [await solve([clouds(0.3, 'a')]), await solve([clouds(4, 'a')])];
    expect(overlapping.l2).to.be.above(10 * apart.l2);
    const losses = overlapping.candidates.map(({loss}) => loss);
    expect(Math.min(...losses)).to.equal(
      overlapping.candidates.find(({l2}) => l2 === overlapping.l2)!.loss,
    );
  });

  it('gives the same bits twice', async () => {
    const views = [clouds(1, 'a'), clouds(1, 'b')];
    expect(await solve(views)).to.deep.equal(await solve(views));
  });

  it('does not learn from views of held-out images', async () => {
    const rows = clouds(4, 'a');
    // Copies as views add nothing. Copies as images of their own would be in training when their twin is held out.
    const [once, twice] = [await solve([rows]), await solve([rows, rows])];
    expect(twice.l2).to.equal(once.l2);
    twice.candidates.forEach(({loss}, i) =>
      expect(loss).to.be.closeTo(once.candidates[i]!.loss, 1e-3),
    );
  });

  it('can hold out nothing where a group of several classes takes every other image', () => {
    // One lone image beside a group: neither could be learned from the other.
    const mixed = {labels: Int32Array.of(0, 1, 0, 1, 1), groups: [0, 0, 0, 0, 4]};
    expect([...assignFolds(mixed, 5, 42)]).to.deep.equal([-1, -1, -1, -1, -1]);
    expect(canHoldOut(mixed)).to.be.false;
    expect(canHoldOut({...mixed, labels: Int32Array.of(1, 0, 0, 1, 1)})).to.be.true;
  });

  it('holds out images of a group together', async () => {
    const rows = clouds(4, 'a').map((row, i, all) => all[i - (i % 6 < 3 ? 0 : 3)] ?? row);
    const twins = Array.from(labels.keys(), i => i - (i % 6 < 3 ? 0 : 3));
    const [grouped, ungrouped] = [await solve([rows], {groups: twins}), await solve([rows])];
    expect(ungrouped.candidates[0]!.loss).to.be.below(grouped.candidates[0]!.loss - 0.02);
    expect(ungrouped.l2).to.be.below(grouped.l2);
  });

  it('obeys label smoothing: no probability is far above the smoothed target', async () => {
    const rows = clouds(0.3, 'a');
    const matrix = await createFeatureMatrix(featureTable([rows]), 1);
    const targets = {labels, classes: CLASSES, weights: new Float64Array(IMAGES).fill(1)};
    const [sharp, smooth] = [
      await fit(matrix, {...targets, labelSmoothing: 0}, {l2: 1e-4}),
      await fit(matrix, {...targets, labelSmoothing: 0.3}, {l2: 1e-4}),
    ];
    matrix.dispose();
    // The entropy of the target 0.8, 0.1, 0.1 bounds the loss from below.
    const entropy = -(0.8 * Math.log(0.8) + 0.2 * Math.log(0.1));
    expect(smooth.value).to.be.within(entropy, entropy + 0.05);
    expect(sharp.value).to.be.below(0.05);
  });

  it('bounds the weight of a nearly constant feature', async () => {
    const rows = clouds(0.3, 'a').map((row, i) => [...row.slice(1), i === 0 ? 1e-6 : 0]);
    const solved = await solve([rows]);
    expect(Math.max(...solved.weight.map(Math.abs))).to.be.below(100);
  });

  it('ends with the error of a callback', async () => {
    const stop = new Error('stop');
    const onIteration = (): Promise<void> => Promise.reject(stop);
    expect(await rejectionOf(solve([clouds(1, 'a')], {onIteration}))).to.equal(stop);
  });
});

describe('describeHeadSolution', () => {
  const solution = {
    phaseIndex: 0,
    l2: 0.3,
    scale: 2.149,
    candidates: [1, 0.3, 0.1, 0.03].map(l2 => ({l2, scale: 1, loss: 1, accuracy: 0.5})),
    folds: 5,
    baselineAccuracy: 0.25,
    iterations: 26,
    gradientNorm: 1e-6,
    loss: 0.1,
    images: 2450,
    views: 3,
    seconds: 1,
  };

  it('says what was chosen, how, and from how many', () => {
    expect(describeHeadSolution(solution)).to.equal(
      'L2 0.3, logits scaled by 2.1, chosen by 5-fold cross-validation from 4 strengths; 26 iterations on 2,450 images in 3 views',
    );
    expect(describeHeadSolution({...solution, folds: 1, views: 1, images: 1})).to.equal(
      'L2 0.3, logits scaled by 2.1, chosen by 1 fold of 5-fold cross-validation from 4 strengths; 26 iterations on 1 image',
    );
  });

  it('says nothing of a scale for a record of an earlier version', () => {
    const {scale: _scale, ...earlier} = solution;
    expect(describeHeadSolution(earlier as typeof solution)).to.match(/^L2 0\.3, chosen by /);
  });
});
