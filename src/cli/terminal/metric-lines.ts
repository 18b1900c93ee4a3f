import type {RunEvent} from '../../finetune/events.js';
import type {FilledValues} from '../../finetune/options/options.js';
import {epochValues, type TrackedValue} from '../../finetune/tracking/tracked-values.js';
import type {Terminal} from './screen/terminal.js';

export type MetricLinesMode = FilledValues<'console'>['metricLines'];

/** Names without `/`, which Katib does not read: `validation-accuracy=0.95` */
const formatValue = ([name, value]: TrackedValue): string =>
  `${name.replaceAll('/', '-')}=${Number(value.toPrecision(6))}`;

/** Prints metrics as `name=value` on standard error, for programs that read logs. They take the place of the table of epochs. */
export class MetricLines {
  readonly isOn: boolean;

  constructor(
    readonly terminal: Terminal,
    mode: MetricLinesMode,
  ) {
    this.isOn =
      mode === 'on' || (mode === 'auto' && terminal.stderr.isTTY !== true && !terminal.quiet);
  }

  writeEpoch(event: Extract<RunEvent, {readonly type: 'epoch'}>): void {
    const {number, metrics} = event;
    this.write([
      ['epoch', number],
      ...epochValues({
        ...event,
        validationLoss: metrics.loss,
        validationAccuracy: metrics.accuracy,
        validationBalancedAccuracy: metrics.balancedAccuracy,
      }),
    ]);
  }

  write(values: readonly TrackedValue[]): void {
    if (this.isOn && values.length > 0) this.terminal.alert(values.map(formatValue).join(' '));
  }
}
