import {RunningMetrics, type Metrics} from '../../src/training/metrics/metrics.js';

/** Metrics of `confusion[truth][predicted]` images. */
export function metricsOf(
  confusion: readonly (readonly number[])[],
  classNames: readonly string[] = confusion.map((_, i) => 'abcdefgh'[i]!),
): {readonly metrics: Metrics; readonly classNames: readonly string[]} {
  const running = new RunningMetrics(classNames);
  confusion.forEach((row, truth) =>
    row.forEach((times, predicted) => {
      if (times === 0) return;
      const one = classNames.map((_, i) => (i === predicted ? 0.9 : 0.1 / (classNames.length - 1)));
      running.add(
        Float32Array.from(Array.from({length: times}, () => one).flat()),
        new Int32Array(times).fill(truth),
        times,
      );
    }),
  );
  return {metrics: running.metrics(), classNames};
}
