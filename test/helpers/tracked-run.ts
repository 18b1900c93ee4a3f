import type {EpochRow} from '../../src/training/loop/history.js';
import {RunningMetrics, type Metrics} from '../../src/training/metrics/metrics.js';
import type {ImageMaker} from '../../src/finetune/tracking/tracker.js';

export const noImages: ImageMaker = async () => [];

/** An epoch whose numbers differ from those of every other. @param number counted from 1 */
export const epochRow = (number: number, changes: Partial<EpochRow> = {}): EpochRow => ({
  phase: 'probe',
  epoch: number,
  step: 8 * number,
  learningRate: 0.003 / number,
  gradientNorm: 4 / number,
  trainingLoss: 1 / number,
  trainingAccuracy: 1 - 0.5 / number,
  validationLoss: 2 / number,
  validationAccuracy: 1 - 0.25 / number,
  validationBalancedAccuracy: 1 - 0.3 / number,
  best: true,
  seconds: 0.5 + number,
  ...changes,
});

export const epochRows = (count: number): EpochRow[] =>
  Array.from({length: count}, (_, i) => epochRow(i + 1));

/** Metrics of four images in two classes, three of which are right. */
export function someMetrics(): Metrics {
  const running = new RunningMetrics(['ants', 'bees']);
  const probabilities = Float32Array.from([0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.6, 0.4]);
  running.add(probabilities, Int32Array.from([0, 0, 1, 1]), 2);
  return running.metrics();
}
