import {ticks} from '../charts/chart-frame.js';
import {formatInterval, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import type {ComparedRun} from './run-comparison.js';
import {seriesClass} from './series.js';

/** Start of the axis: a whole number of tens of percent below all intervals. */
const axisStart = (runs: readonly ComparedRun[]): number =>
  Math.max(
    0,
    Math.floor(10 * Math.min(...runs.map(({metrics}) => metrics.accuracyCi95[0])) - 1e-9) / 10,
  );

/** Renders the accuracy of each run as a mark, with its 95 % interval as a band, on one axis. */
export function accuracyChart(runs: readonly ComparedRun[]): Html {
  const start = axisStart(runs);
  const place = (fraction: number): string =>
    `${((100 * (fraction - start)) / (1 - start)).toFixed(2)}%`;
  const width = (low: number, high: number): string =>
    `${((100 * (high - low)) / (1 - start)).toFixed(2)}%`;
  return html`
    <ul class="intervals">
      ${runs.map(
        (
          {
            name,
            metrics: {
              accuracy,
              accuracyCi95: [low, high],
              numImages,
            },
          },
          i,
        ) => html`
          <li class="${seriesClass(i)}">
            <span class="key ${seriesClass(i)}">${name}</span>
            <span class="number"
              ><b>${formatPercent(accuracy)}</b>
              <small>${formatInterval([low, high])}, ${numImages} images</small></span
            >
            <div class="interval" aria-hidden="true">
              <i class="band" style="left:${place(low)};width:${width(low, high)}"></i>
              <i class="mark" style="left:${place(accuracy)}"></i>
            </div>
          </li>
        `,
      )}
    </ul>
    <div class="interval-axis" aria-hidden="true">
      ${ticks(start, 1, 3).map(
        value =>
          html`<small
            class="${value - start < 1e-9 ? 'start' : value > 1 - 1e-9 ? 'end' : ''}"
            style="left:${place(value)}"
            >${formatPercent(value, 0)}</small
          >`,
      )}
    </div>
    <p class="quiet">Validation accuracy. The band is the 95 % interval of each run by itself.</p>
  `;
}
