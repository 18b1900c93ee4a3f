import type {EpochRow} from '../../training/loop/history.js';
import {clipPath, epochChart, xOf, yOf, type Scale} from '../charts/chart-frame.js';
import {coordinate, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import type {ComparedRun} from './run-comparison.js';
import {seriesClass} from './series.js';

/** Room around the plot for points at its edges, in pixels. */
const MARGIN = 6;

interface RunChart {
  /** ID of the clip path. */
  readonly id: string;
  readonly title: string;
  readonly valueOf: (row: EpochRow) => number;
  readonly scale: Scale;
  readonly formatExact: (value: number) => string;
}

/** Renders a run as a line with a point per epoch; the epoch that was kept has a larger one. Values above the chart are cut off. */
function curve(
  {name, history}: ComparedRun,
  index: number,
  epochs: number,
  {id, valueOf, scale, formatExact}: RunChart,
): Html {
  const points = history.flatMap((row, i) => {
    const value = valueOf(row);
    return Number.isFinite(value)
      ? [{x: coordinate(xOf(i, epochs)), y: coordinate(yOf(value, scale)), value, row, i}]
      : [];
  });
  const radius = ({best}: EpochRow): number => (best ? 5.5 : history.length > 40 ? 1.25 : 2.5);
  return html`<g class="${seriesClass(index)}" clip-path="url(#${id})">
    <polyline points="${points.map(({x, y}) => `${x},${y}`).join(' ')}" />
    ${points.map(
      ({x, y, value, row, i}) =>
        html`<circle cx="${x}" cy="${y}" r="${radius(row)}"
          ><title>
            ${`${name}, epoch ${i + 1} (${row.phase}): ${formatExact(value)}${row.best ? ', kept' : ''}`}
          </title></circle
        >`,
    )}
  </g>`;
}

function renderChart(chart: RunChart, runs: readonly ComparedRun[]): Html {
  const epochs = Math.max(...runs.map(({history}) => history.length));
  const {id, title, scale} = chart;
  return epochChart(
    {title, scale, epochs},
    html`${clipPath(id, MARGIN)} ${runs.map((run, i) => curve(run, i, epochs, chart))}`,
  );
}

const finite = (runs: readonly ComparedRun[], valueOf: RunChart['valueOf']): number[] =>
  runs.flatMap(({history}) => history.map(valueOf).filter(Number.isFinite));

const accuracyCurves = (runs: readonly ComparedRun[]): RunChart => {
  const valueOf = (row: EpochRow): number => row.validationAccuracy;
  const lowest = Math.min(...finite(runs, valueOf));
  return {
    ...{id: 'accuracy-plot', title: 'Validation accuracy', valueOf},
    scale: {
      low: Math.max(0, Math.floor(10 * lowest - 0.5) / 10),
      high: 1,
      tick: value => formatPercent(value, 0),
    },
    formatExact: formatPercent,
  };
};

const lossCurves = (kind: 'training' | 'validation', high: number): RunChart => ({
  id: `${kind}-loss-plot`,
  title: kind === 'training' ? 'Training loss' : 'Validation loss',
  valueOf: row => (kind === 'training' ? row.trainingLoss : row.validationLoss),
  scale: {low: 0, high, tick: value => String(Number(value.toPrecision(3)))},
  formatExact: value => value.toPrecision(3),
});

/** Renders the training curves of all runs over each other. Both losses have one scale. */
export function runCurves(runs: readonly ComparedRun[]): Html {
  if (runs.every(({history}) => history.length < 2))
    return html`<p>No run has more than one epoch, as where heads are solved.</p>`;
  const losses = [
    ...finite(runs, row => row.trainingLoss),
    ...finite(runs, row => row.validationLoss),
  ];
  const high = 1.04 * Math.max(1e-3, ...losses);
  return html`
    <p class="quiet key-row">
      ${runs.map(({name}, i) => html`<span class="key ${seriesClass(i)}">${name}</span> `)}
    </p>
    <div class="charts">
      ${renderChart(accuracyCurves(runs), runs)}
      ${renderChart(lossCurves('validation', high), runs)}
      ${renderChart(lossCurves('training', high), runs)}
    </div>
    <p class="quiet">
      The large point is the epoch that was kept.
      ${runs.some(({history}) => history.length === 1) && 'A head that was solved is one epoch.'}
    </p>
  `;
}
