import {expect} from 'chai';
import {EpochTable} from '../../../src/cli/terminal/epoch-table.js';
import {MetricLines, type MetricLinesMode} from '../../../src/cli/terminal/metric-lines.js';
import {capture} from '../../helpers/capture.js';
import {someMetrics} from '../../helpers/tracked-run.js';

/** Katib's own pattern for metrics in a log. */
const KATIB = /([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)/g;

const EPOCH = {
  type: 'epoch',
  ...{phase: 'probe', number: 7, epoch: 1, epochs: 2, best: true},
  ...{trainingLoss: 1 / 3, trainingAccuracy: 0.5, learningRate: 2.5e-9, seconds: 0.25},
  metrics: someMetrics(),
} as const;

function printed(
  mode: MetricLinesMode,
  {isTTY = false, quiet = false}: {isTTY?: boolean; quiet?: boolean} = {},
): string {
  const said = capture({isTTY, environment: {NO_COLOR: '1'}});
  said.terminal.quiet = quiet;
  const lines = new MetricLines(said.terminal, mode);
  lines.writeEpoch(EPOCH);
  lines.write([]);
  expect(said.stdout).to.equal('');
  return said.stderr;
}

describe('metric lines', () => {
  it('are one line for each epoch, with names that Katib reads', () => {
    const text = printed('on');
    expect(text.trimEnd()).not.to.include('\n');
    const read = [...text.matchAll(KATIB)].map(([, name, value]) => [name, Number(value)]);
    expect(Object.fromEntries(read)).to.deep.equal({
      epoch: 7,
      'train-loss': 0.333333,
      'train-accuracy': 0.5,
      'validation-loss': 0.5,
      'validation-accuracy': 0.75,
      'validation-balanced-accuracy': 0.75,
      'learning-rate': 2.5e-9,
      seconds: 0.25,
    });
  });

  it('take the place of the table of epochs', () => {
    const printedByTable = (mode: MetricLinesMode): string => {
      const said = capture({isTTY: false, environment: {NO_COLOR: '1'}});
      const table = new EpochTable(said.terminal, () => 0, false, mode);
      table.beginPhase();
      table.add(EPOCH, 'none');
      return said.stderr;
    };
    expect(printedByTable('auto'))
      .to.match(/^epoch=7 /)
      .and.not.to.include('train loss');
    expect(printedByTable('off')).to.include('train loss').and.not.to.include('epoch=');
  });

  it('are printed by default where standard error is no terminal, unless --quiet', () => {
    expect(printed('auto')).not.to.equal('');
    expect(printed('auto', {isTTY: true})).to.equal('');
    expect(printed('auto', {quiet: true})).to.equal('');
  });

  it('are printed anywhere, or nowhere, on request', () => {
    expect(printed('on', {isTTY: true, quiet: true})).to.match(/^epoch=7 /);
    expect(printed('off')).to.equal('');
  });
});
