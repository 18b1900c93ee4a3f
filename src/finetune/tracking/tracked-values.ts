import type {EpochRow} from '../../training/loop/history.js';
import type {Metrics} from '../../training/metrics/metrics.js';

/** A number under the name that trackers show. */
export type TrackedValue = readonly [name: string, value: number];

/** Fields of an epoch that are tracked. */
export type TrackedEpoch = Omit<EpochRow, 'phase' | 'epoch' | 'step' | 'best'>;

/** Finite numbers of an epoch. A solved head has no learning rate, gradient norm and training accuracy. */
export const epochValues = (row: TrackedEpoch): readonly TrackedValue[] =>
  (
    [
      ['train/loss', row.trainingLoss],
      ['train/accuracy', row.trainingAccuracy],
      ['validation/loss', row.validationLoss],
      ['validation/accuracy', row.validationAccuracy],
      ['validation/balanced-accuracy', row.validationBalancedAccuracy],
      ['learning-rate', row.learningRate],
      ['gradient-norm', row.gradientNorm ?? null],
      ['seconds', row.seconds],
    ] as const
  ).filter(
    (entry): entry is readonly [(typeof entry)[0], number] =>
      entry[1] !== null && Number.isFinite(entry[1]),
  );

const resultValues = (name: string, metrics: Metrics | undefined): readonly TrackedValue[] =>
  metrics === undefined
    ? []
    : [
        [`${name}/accuracy`, metrics.accuracy],
        [`${name}/balanced-accuracy`, metrics.balancedAccuracy],
        [`${name}/loss`, metrics.loss],
        [`${name}/ece`, metrics.ece],
      ];

/** Numbers of the kept weights, calibrated: `best` on the validation images, and `test`. An ensemble may lack either. */
export const finalValues = ({
  validation,
  test,
}: {
  readonly validation?: Metrics;
  readonly test?: Metrics;
}): readonly TrackedValue[] => [...resultValues('best', validation), ...resultValues('test', test)];
