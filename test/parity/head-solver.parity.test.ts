import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {createFeatureMatrix} from '../../src/training/head-solver/feature-matrix.js';
import {fit} from '../../src/training/head-solver/solve-head.js';
import {withinClassCovariance} from '../../src/training/head-solver/within-class-covariance.js';
import {useBackend} from '../helpers/backend.js';
import {featureTable} from '../helpers/feature-table.js';

interface Golden {
  readonly l2: number;
  readonly classes: number;
  readonly labels: readonly number[];
  readonly weights: readonly number[];
  /** `[views][images][width]` */
  readonly views: readonly (readonly (readonly number[])[])[];
  readonly objective: number;
  /** `[classes][width]` */
  readonly coefficients: readonly (readonly number[])[];
  readonly intercepts: readonly number[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/parity/goldens/head-solver.json', import.meta.url), 'utf8'),
) as Golden;

/** The gradient ends below 1e-5, and the penalty of 0.1 times at least 0.8 bounds the curvature from below: 1e-5 / 0.08 for each coefficient. */
const COEFFICIENT_TOLERANCE = 2e-4;

describe('the head solver, against scikit-learn', () => {
  useBackend();

  it('finds the minimum of weighted rows in two views, penalized by the covariance within classes', async () => {
    const {l2, classes, labels, weights, views} = golden;
    const matrix = await createFeatureMatrix(featureTable(views), views.length);
    const targets = {
      labels: Int32Array.from(labels),
      classes,
      weights: Float64Array.from(weights),
      labelSmoothing: 0,
    };
    const covariance = withinClassCovariance(matrix, targets);
    const {value, point} = await fit(matrix, targets, {l2, covariance});
    covariance.dispose();
    matrix.dispose();
    expect(value).to.be.closeTo(golden.objective, 1e-6);
    const [width, found] = [views[0]![0]!.length, Array.from(point)];
    golden.coefficients.forEach((row, k) =>
      row.forEach((coefficient, column) =>
        expect(found[column * classes + k]).to.be.closeTo(coefficient, COEFFICIENT_TOLERANCE),
      ),
    );
    // Biases are free to move together.
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, each) => sum + each, 0) / classes;
    const biases = found.slice(width * classes);
    golden.intercepts.forEach((intercept, k) =>
      expect(biases[k]! - mean(biases)).to.be.closeTo(
        intercept - mean(golden.intercepts),
        10 * COEFFICIENT_TOLERANCE,
      ),
    );
  });
});
