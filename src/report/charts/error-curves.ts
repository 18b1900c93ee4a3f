import {coordinate, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import type {NetworkResult, SeedStatistics} from '../study/study-record.js';
import {epochChart, xOf, yOf, type Scale} from './chart-frame.js';

/** A network in a chart. */
export interface ErrorSeries extends Pick<NetworkResult, 'arch' | 'curves'> {
  /** Number of its color, from 1. */
  readonly color: number;
}

/** Renders a band between the best and the worst seed. */
function band(curve: readonly SeedStatistics[], scale: Scale): Html {
  const point = (value: number, epoch: number): string =>
    `${coordinate(xOf(epoch, curve.length))},${coordinate(yOf(value, scale))}`;
  const upper = curve.map(({high}, epoch) => point(high, epoch));
  const lower = curve.map(({low}, epoch) => point(low, epoch)).reverse();
  return html`<polygon class="seeds" points="${[...upper, ...lower].join(' ')}" />`;
}

const formatRange = ({mean, low, high}: SeedStatistics): string =>
  low === high
    ? formatPercent(mean)
    : `${formatPercent(mean)} (seeds: ${formatPercent(low)} to ${formatPercent(high)})`;

function curve(
  arch: string,
  kind: keyof NetworkResult['curves'],
  values: readonly SeedStatistics[],
  scale: Scale,
): Html {
  const points = values.map(
    ({mean}, epoch) =>
      [coordinate(xOf(epoch, values.length)), coordinate(yOf(mean, scale))] as const,
  );
  const dots = points.map(
    ([x, y], epoch) =>
      html`<circle cx="${x}" cy="${y}" r="${values.length > 40 ? 1 : 2.5}"
        ><title>
          ${`epoch ${epoch + 1}: ${arch}, ${kind} error ${formatRange(values[epoch]!)}`}
        </title></circle
      >`,
  );
  const line = points.map(point => point.join()).join(' ');
  return html`<g class="${kind === 'training' ? 'thin' : 'bold'}">
    ${values.some(({low, high}) => low < high) && band(values, scale)}
    <polyline points="${line}" />${dots}
  </g>`;
}

/** The vertical axis for all charts of a study, so that they can be compared. Its ends are whole tens of percent. */
export function errorScale(networks: readonly Pick<NetworkResult, 'curves'>[]): Scale {
  const all = networks.flatMap(({curves}) => [...curves.training, ...curves.validation]);
  const low = Math.floor(10 * Math.min(...all.map(error => error.low))) / 10;
  const high = Math.ceil(10 * Math.max(...all.map(error => error.high))) / 10;
  return {low, high: Math.max(high, low + 0.1), tick: value => formatPercent(value, 0)};
}

/** Renders training error (thin) and validation error (bold) by epoch, with a band over the seeds. */
export function errorChart(title: string, series: readonly ErrorSeries[], scale: Scale): Html {
  const epochs = Math.max(...series.map(({curves}) => curves.training.length));
  return epochChart(
    {
      ...{title, scale, epochs, kind: 'errors', label: `${title}: error by epoch`},
      keys: series.map(({arch, color}) => html`<span class="key series-${color}">${arch}</span>`),
    },
    html`${series.map(
      ({arch, color, curves: {training, validation}}) =>
        html`<g class="series-${color}"
          >${curve(arch, 'training', training, scale)}${curve(arch, 'validation', validation, scale)}</g
        >`,
    )}`,
  );
}
