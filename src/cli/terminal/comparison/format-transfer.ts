import {formatCount} from '../../../core/text/format-count.js';
import type {ScratchResult} from '../../../finetune/comparison/train-from-scratch.js';
import type {FinetuneResult} from '../../../finetune/finetune-result.js';
import type {Recipe} from '../../../finetune/recipe/recipe.js';
import {formatDuration} from '../../../report/format.js';
import {learningSeconds} from '../../../report/run-record.js';
import type {Metrics} from '../../../training/metrics/metrics.js';
import {formatFixedPercent} from '../../../core/text/format-percent.js';
import {formatLines} from '../format-run-summary.js';
import type {Terminal} from '../screen/terminal.js';

/** What the comparison reads of a finished run: a part of its `metrics.json`. */
export interface FinishedRun {
  readonly run: string;
  readonly weights: string;
  readonly metrics: {readonly validation: Pick<Metrics, 'accuracy'>};
  readonly timings: FinetuneResult['timings'];
}

const describe = (accuracy: number, seconds: number, rest: string): string =>
  `${formatFixedPercent(accuracy)} after ${formatDuration(seconds)} of training: ${rest}`;

/** The two results, one below the other, and what of them depends on the machine. */
export function formatTransfer(
  finished: FinishedRun,
  {phases}: Pick<Recipe, 'phases'>,
  scratch: ScratchResult,
  {resultStyle, resultColumns}: Pick<Terminal, 'resultStyle' | 'resultColumns'>,
): string {
  const names = phases.map(({name}) => name).join(', then ');
  const lines = [
    [
      'transfer',
      describe(
        finished.metrics.validation.accuracy,
        learningSeconds(finished.timings),
        `from ${finished.weights}, ${names}`,
      ),
    ],
    [
      'scratch',
      describe(
        scratch.accuracy,
        scratch.seconds,
        `the same network and images from random weights, ${formatCount(scratch.epochs, 'epoch')}`,
      ),
    ],
    ['', resultStyle.dim('How many epochs fit into the same time depends on the machine.')],
  ] as const;
  return formatLines(lines, resultStyle, resultColumns);
}
