import type {LabeledProbabilities} from '../calibration/temperature.js';

/** Accuracy and coverage of a classifier that rejects images below a threshold. */
export interface CoveragePoint {
  readonly threshold: number;
  /** Fraction of the images whose highest probability is at least `threshold`. */
  readonly coverage: number;
  /** Fraction of those that are classified correctly. */
  readonly accuracy: number;
}

const THRESHOLDS = 100;

/** Coverage and accuracy at the thresholds 0, 0.01, ..., 0.99, as far as an image is left. */
export function coverageCurve({
  probabilities,
  labels,
  classes,
}: LabeledProbabilities): CoveragePoint[] {
  const answers = Array.from(labels, (label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    const confidence = Math.max(...row);
    return {confidence, correct: row.indexOf(confidence) === label};
  });
  return Array.from({length: THRESHOLDS}, (_, i) => i / THRESHOLDS).flatMap(threshold => {
    const given = answers.filter(({confidence}) => confidence >= threshold);
    const correct = given.filter(answer => answer.correct).length;
    return given.length === 0
      ? []
      : [{threshold, coverage: given.length / answers.length, accuracy: correct / given.length}];
  });
}
