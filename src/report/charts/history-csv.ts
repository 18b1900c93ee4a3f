import {csvLine} from '../../core/text/csv.js';
import type {EpochRow} from '../../training/loop/history.js';

const COLUMNS: readonly (readonly [title: string, of: (row: EpochRow) => string | number])[] = [
  ['phase', row => row.phase],
  ['epoch', row => row.epoch],
  ['step', row => row.step],
  ['learning_rate', row => row.learningRate ?? ''],
  ['training_loss', row => row.trainingLoss],
  ['training_accuracy', row => row.trainingAccuracy ?? ''],
  ['validation_loss', row => row.validationLoss],
  ['validation_accuracy', row => row.validationAccuracy],
  ['validation_balanced_accuracy', row => row.validationBalancedAccuracy],
  ['best', row => String(row.best)],
  ['seconds', row => row.seconds],
];

/** Formats `history.csv`: one row per epoch, in the order of training (RFC 4180). */
export const historyCsv = (rows: readonly EpochRow[]): string =>
  csvLine(COLUMNS.map(([title]) => title)) +
  rows.map(row => csvLine(COLUMNS.map(([, of]) => of(row)))).join('');
