import type {LabeledProbabilities} from '../calibration/temperature.js';

/** A point of a curve; both are 0..1. */
export type CurvePoint = readonly [x: number, y: number];

/** How well one class is told from all others, whatever the threshold. */
export interface ClassCurves {
  /** Average precision; null without images of the class. */
  readonly averagePrecision: number | null;
  /** Area under the ROC curve; null without images of the class, or of another. */
  readonly rocAuc: number | null;
  /** Recall and precision at falling thresholds, where the recall rises: ends of the steps whose area is the average precision; only for some classes. */
  readonly precisionRecall?: readonly CurvePoint[];
  /** False and true positive rate at falling thresholds; only for some classes. */
  readonly roc?: readonly CurvePoint[];
}

/** Maximum number of points of a curve, and of classes with curves. */
const MAX_POINTS = 50;
const MAX_CLASSES = 20;

/** Images at or above a threshold: those of the class, and others. */
interface Counts {
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** Counts at each distinct score, the highest first. Images with equal scores pass a threshold together. */
function countsByThreshold(scores: readonly {score: number; isPositive: boolean}[]): Counts[] {
  const sorted = scores.toSorted((a, b) => b.score - a.score);
  let [truePositives, falsePositives] = [0, 0];
  return sorted.flatMap(({score, isPositive}, i) => {
    if (isPositive) truePositives++;
    else falsePositives++;
    return sorted[i + 1]?.score === score ? [] : [{truePositives, falsePositives}];
  });
}

/** Sum of the precisions, each weighted by the recall that its threshold adds. */
const averagePrecision = (counts: readonly Counts[], positives: number): number =>
  counts.reduce(
    (sum, {truePositives, falsePositives}, i) =>
      sum +
      ((truePositives - (counts[i - 1]?.truePositives ?? 0)) / positives) *
        (truePositives / (truePositives + falsePositives)),
    0,
  );

/** Area under a curve by the trapezoidal rule. */
const area = (points: readonly CurvePoint[]): number =>
  points.slice(1).reduce((sum, [x, y], i) => {
    const [lastX, lastY] = points[i]!;
    return sum + ((x - lastX) * (y + lastY)) / 2;
  }, 0);

/** Points without those on a straight line between their neighbors: the rest of a curve of steps. */
const corners = (points: readonly CurvePoint[]): CurvePoint[] =>
  points.filter(([x, y], i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (before === undefined || after === undefined) return true;
    return !(before[0] === x && x === after[0]) && !(before[1] === y && y === after[1]);
  });

/** At most 50 points of a curve, rounded, with both ends. */
function compact(points: readonly CurvePoint[]): CurvePoint[] {
  const round = (value: number): number => Math.round(1e4 * value) / 1e4;
  const last = points.length - 1;
  const count = Math.min(points.length, MAX_POINTS);
  return Array.from({length: count}, (_, i) => {
    const [x, y] = points[count === 1 ? 0 : Math.round((i * last) / (count - 1))]!;
    return [round(x), round(y)];
  });
}

function curvesOf(
  {probabilities, labels, classes}: LabeledProbabilities,
  index: number,
): ClassCurves {
  const scores = Array.from(labels, (label, i) => ({
    score: probabilities[i * classes + index]!,
    isPositive: label === index,
  }));
  const positives = scores.filter(({isPositive}) => isPositive).length;
  const negatives = scores.length - positives;
  if (positives === 0) return {averagePrecision: null, rocAuc: null};
  const counts = countsByThreshold(scores);
  const roc: CurvePoint[] = [
    [0, 0],
    ...counts.map((c): CurvePoint => [c.falsePositives / negatives, c.truePositives / positives]),
  ];
  const precisionRecall = counts.map(({truePositives, falsePositives}): CurvePoint => [
    truePositives / positives,
    truePositives / (truePositives + falsePositives),
  ]);
  return {
    averagePrecision: averagePrecision(counts, positives),
    rocAuc: negatives === 0 ? null : area(roc),
    precisionRecall: compact(precisionRecall),
    ...(negatives > 0 && {roc: compact(corners(roc))}),
  };
}

/**
 * Average precision and area under the ROC curve of every class against the others, in the order of the labels, as scikit-learn defines
 * them. The 20 classes of the lowest average precision have their curves.
 */
export function classCurves(all: LabeledProbabilities): ClassCurves[] {
  const curves = Array.from({length: all.classes}, (_, index) => curvesOf(all, index));
  const weakest = new Set(
    curves
      .filter(curve => curve.averagePrecision !== null)
      .sort((a, b) => a.averagePrecision! - b.averagePrecision!)
      .slice(0, MAX_CLASSES),
  );
  return curves.map(curve =>
    weakest.has(curve) ? curve : {averagePrecision: curve.averagePrecision, rocAuc: curve.rocAuc},
  );
}
