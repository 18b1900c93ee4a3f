import type {SelectionMetric} from '../../training/metrics/evaluate.js';
import type {EpochRow} from '../../training/loop/history.js';
import {
  axes,
  BOTTOM,
  HEIGHT,
  LEFT,
  phaseBands,
  RIGHT,
  TOP,
  WIDTH,
  xOf,
  yOf,
  type Scale,
} from './chart-frame.js';
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
  const radius = (i: number): number => (i === bestEpoch ? 6 : values.length > 40 ? 1.5 : 3);
  const dots = points.map(({x, y, value, i}) => {
    const kept = i === bestEpoch ? ', kept' : '';
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

const renderChart = (chart: Chart, rows: readonly EpochRow[]): Html => html`
  <figure class="chart">
    <figcaption>
      <b>${chart.title}</b>
      ${chart.series.map(({name, role}) => html`<span class="key ${role}">${name}</span>`)}
      ${chart.bestEpoch !== undefined && html`<span class="key kept">the epoch that was kept</span>`}
    </figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.title} by epoch">
      <clipPath id="${chart.id}">
        <rect x="${LEFT}" y="${TOP}" width="${RIGHT - LEFT}" height="${BOTTOM - TOP + 2}" />
      </clipPath>
      ${phaseBands(rows.map(row => row.phase))}
      <g class="axes">${axes(chart.scale, rows.length)}</g>
      ${chart.series.map(series => curve(series, chart))}
    </svg>
    ${hidden(chart)}
  </figure>
`;

/** The top of the loss axis. Extreme validation losses are cut off; otherwise the rest would be unreadable. */
function highestLoss(training: readonly number[], validation: readonly number[]): number {
  const [trained, validated] = [training, validation].map(losses =>
    Math.max(1e-3, ...losses.filter(Number.isFinite)),
  );
  return 1.04 * Math.max(trained!, Math.min(validated!, 2 * trained!));
}

/** Renders loss and accuracy over all epochs of all phases. The accuracy is the metric that selected the best epoch. */
export function curves(rows: readonly EpochRow[], by: SelectionMetric): Html {
  const training = rows.map(row => row.trainingLoss);
  const validation = rows.map(row => row.validationLoss);
  const accuracy = rows.map(row =>
    by === 'accuracy' ? row.validationAccuracy : row.validationBalancedAccuracy,
  );
  const loss: Chart = {
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
  const accuracies: Chart = {
    id: 'accuracy-plot',
    title: by === 'accuracy' ? 'Accuracy' : 'Balanced accuracy',
    series: [{name: 'validation', role: 'validation', values: accuracy}],
    scale: {
      low: Math.max(0, Math.floor(10 * Math.min(...accuracy) - 0.5) / 10),
      high: 1,
      tick: value => formatPercent(value, 0),
    },
    formatExact: formatPercent,
    bestEpoch: rows.findIndex(row => row.best),
  };
  return html`<div class="charts">
    ${renderChart(loss, rows)} ${renderChart(accuracies, rows)}
  </div>`;
}
