import type {EmbeddingMap} from '../../report/run-record.js';
import {projectToPlane} from '../../training/metrics/principal-components.js';
import type {Prepared} from '../preparation/prepared.js';
import {spreadSamples} from './class-examples.js';
import {predictedClasses} from './misclassifications.js';

/** Maximum number of images on a map. */
const MAX_POINTS = 1000;

/** Rounds to four digits, which are finer than a pixel. */
const rounded = (value: number): number => Number(value.toPrecision(4));

/**
 * Lays the validation images out on a plane by their features.
 * @param features `[count * width]`
 * @param probabilities `[count * classes]`
 */
export function embeddingMap(
  {classifier: {classNames}, split: {validation}}: Pick<Prepared, 'classifier' | 'split'>,
  features: Float32Array,
  probabilities: Float32Array,
): EmbeddingMap {
  const width = features.length / validation.length;
  const shown = spreadSamples(validation.map((_, index) => index), MAX_POINTS); // prettier-ignore
  const chosen = new Float32Array(shown.length * width);
  shown.forEach((index, i) =>
    chosen.set(features.subarray(index * width, (index + 1) * width), i * width),
  );
  const {points, explained} = projectToPlane(chosen, width);
  const predicted = predictedClasses(probabilities, classNames.length);
  return {
    explained,
    points: points.map(([x, y], i) => {
      const sample = validation[shown[i]!]!;
      return {
        name: sample.name,
        truth: classNames[sample.label]!,
        prediction: classNames[predicted[shown[i]!]!]!,
        x: rounded(x),
        y: rounded(y),
      };
    }),
  };
}
