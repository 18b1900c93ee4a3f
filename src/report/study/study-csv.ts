import {csvLine} from '../../core/text/csv.js';
import {errorOf, type StudyRun} from './study-record.js';

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

/** Error without the digits that subtraction makes up. */
const roundedError = (accuracy: number | null): number => Number(errorOf(accuracy).toFixed(6));

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
          row.learningRate ?? '',
          row.trainingLoss,
          roundedError(row.trainingAccuracy),
          row.validationLoss,
          roundedError(row.validationAccuracy),
        ]),
      ),
    )
    .join('');
