import {csvLine} from '../../core/text/csv.js';
import type {StudyRun} from './study-record.js';

const COLUMNS = [
  'network',
  'seed',
  'epoch',
  'step',
  'learning_rate',
  'training_loss',
  'training_error',
  'validation_loss',
  'validation_error',
] as const;

/** Error of an accuracy, without the digits that subtraction makes up. */
const errorOf = (accuracy: number): number => Number((1 - accuracy).toFixed(6));

/** Formats `study.csv`: one row per run and epoch (RFC 4180). */
export const studyCsv = (runs: readonly StudyRun[]): string =>
  csvLine(COLUMNS) +
  runs
    .flatMap(({arch, seed, history}) =>
      history.map(row =>
        csvLine([
          arch,
          seed,
          row.epoch,
          row.step,
          row.learningRate,
          row.trainingLoss,
          errorOf(row.trainingAccuracy),
          row.validationLoss,
          errorOf(row.validationAccuracy),
        ]),
      ),
    )
    .join('');
