import type {SelectionMetric} from '../../training/metrics/evaluate.js';
import type {EpochRow} from '../../training/loop/history.js';
import {clipPath, epochChart, phaseBands, TOP, xOf, yOf, type Scale} from './chart-frame.js';
import {formatCount} from '../../core/text/format-count.js';
import {coordinate, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';

interface Series {
  readonly name: string;
  /** CSS class, which sets the color. */
  readonly role: 'training' | 'validation';
  readonly values: readonly number[];
}

interface Chart {
  /** ID of the clip path. */
  readonly id: string;
  readonly title: string;
  readonly series: readonly Series[];
  readonly scale: Scale;
  /** Formats the value under the pointer. */
  readonly formatExact: (value: number) => string;
  /** The best epoch, whose weights are kept. */
  readonly bestEpoch?: number;
}

/** Points of a triangle at the top, for a value above the chart. */
const above = (x: number): string => [[x - 5, TOP + 9], [x + 5, TOP + 9], [x, TOP + 1]].map(place => place.map(coordinate).join()).join(' '); // prettier-ignore

/** Renders a line through the finite values, with a point per epoch. Values above the chart are triangles at the top. */
function curve({name, role, values}: Series, {id, scale, formatExact, bestEpoch}: Chart): Html {
  const points = values.flatMap((value, i) =>
    Number.isFinite(value) ? [{x: xOf(i, values.length), y: yOf(value, scale), value, i}] : [],
  );
  const isKept = (i: number): boolean => i === bestEpoch && role === 'validation';
  const radius = (i: number): number => (isKept(i) ? 6 : values.length > 40 ? 1.5 : 3);
  const dots = points.map(({x, y, value, i}) => {
    const kept = isKept(i) ? ', kept' : '';
    const title = html`<title>${`epoch ${i + 1}: ${name} ${formatExact(value)}${kept}`}</title>`;
    if (value > scale.high) return html`<polygon points="${above(x)}">${title}</polygon>`;
    return html`<circle cx="${coordinate(x)}" cy="${coordinate(y)}" r="${radius(i)}"
      >${title}</circle
    >`;
  });
  const line = points.map(({x, y}) => `${coordinate(x)},${coordinate(y)}`).join(' ');
  return html`<g class="${role}"><polyline clip-path="url(#${id})" points="${line}" />${dots}</g>`;
}

/** A note about values above the chart. */
function hidden({series, scale, formatExact}: Chart): Html | false {
  const values = series.flatMap(one =>
    one.values.filter(value => Number.isFinite(value) && value > scale.high),
  );
  return (
    values.length > 0 &&
    html`<p class="quiet">
      ▲ ${formatCount(values.length, 'point')} above the chart, up to
      ${formatExact(Math.max(...values))}.
    </p>`
  );
}

const renderChart = (chart: Chart, rows: readonly EpochRow[]): Html =>
  epochChart(
    {
      title: chart.title,
      keys: [
        ...chart.series.map(({name, role}) => html`<span class="key ${role}">${name}</span>`),
        ...(chart.bestEpoch === undefined
          ? []
          : [html`<span class="key kept">the epoch that was kept</span>`]),
      ],
      background: phaseBands(rows.map(row => row.phase)),
      scale: chart.scale,
      epochs: rows.length,
      note: hidden(chart),
    },
    html`${clipPath(chart.id, 2)} ${chart.series.map(series => curve(series, chart))}`,
  );

/** The top of the loss axis. Extreme validation losses are cut off; otherwise the rest would be unreadable. */
function highestLoss(training: readonly number[], validation: readonly number[]): number {
  const [trained, validated] = [training, validation].map(losses =>
    Math.max(1e-3, ...losses.filter(Number.isFinite)),
  );
  return 1.04 * Math.max(trained!, Math.min(validated!, 2 * trained!));
}

const isMeasured = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);

function lossChart(rows: readonly EpochRow[]): Chart {
  const training = rows.map(row => row.trainingLoss);
  const validation = rows.map(row => row.validationLoss);
  return {
    id: 'loss-plot',
    title: 'Loss',
    series: [
      {name: 'training', role: 'training', values: training},
      {name: 'validation', role: 'validation', values: validation},
    ],
    scale: {
      low: 0,
      high: highestLoss(training, validation),
      tick: value => String(Number(value.toPrecision(3))),
    },
    formatExact: value => value.toPrecision(3),
  };
}

/** Accuracy. That of training is not balanced, so it is only shown with plain accuracy; a solved head has none. */
function accuracyChart(rows: readonly EpochRow[], by: SelectionMetric): Chart {
  const validation = rows.map(row =>
    by === 'accuracy' ? row.validationAccuracy : row.validationBalancedAccuracy,
  );
  const training = by === 'accuracy' ? rows.map(row => row.trainingAccuracy ?? NaN) : [];
  const lowest = Math.min(...validation, ...training.filter(isMeasured));
  return {
    id: 'accuracy-plot',
    title: by === 'accuracy' ? 'Accuracy' : 'Balanced accuracy',
    series: [
      ...(training.some(isMeasured)
        ? [{name: 'training', role: 'training', values: training} as const]
        : []),
      {name: 'validation', role: 'validation', values: validation},
    ],
    scale: {
      low: Math.max(0, Math.floor(10 * lowest - 0.5) / 10),
      high: 1,
      tick: value => formatPercent(value, 0),
    },
    formatExact: formatPercent,
    bestEpoch: rows.findIndex(row => row.best),
  };
}

/** The learning rate; nothing if it never changes, since the schedule says it as well. */
function learningRateChart(rows: readonly EpochRow[]): Chart | undefined {
  const values = rows.map(row => row.learningRate ?? NaN);
  const measured = values.filter(isMeasured);
  if (new Set(measured).size < 2) return undefined;
  const format = (value: number): string =>
    value !== 0 && value < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
  return {
    id: 'learning-rate-plot',
    title: 'Learning rate',
    series: [{name: 'highest of all layer groups', role: 'validation', values}],
    scale: {low: 0, high: 1.04 * Math.max(...measured), tick: format},
    formatExact: format,
  };
}

/** Renders loss, accuracy and learning rate over all epochs of all phases. The accuracy is the metric that selected the best epoch. */
export function curves(rows: readonly EpochRow[], by: SelectionMetric): Html {
  const learningRate = learningRateChart(rows);
  return html`<div class="charts">
    ${renderChart(lossChart(rows), rows)} ${renderChart(accuracyChart(rows, by), rows)}
    ${learningRate !== undefined && renderChart(learningRate, rows)}
  </div>`;
}
