import type {EpochRow} from '../training/history.js';
import {coordinate, percent} from './format.js';
import {html, type Html} from './html.js';

interface Series {
  readonly name: string;
  /** Class of the style sheet: its colour. */
  readonly role: 'training' | 'validation';
  readonly values: readonly number[];
}

interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  readonly low: number;
  readonly high: number;
  readonly format: (value: number) => string;
}

const [WIDTH, HEIGHT] = [440, 270];
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 428, 24, 236];

/** About `wanted` round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`. */
export function ticks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({length: Math.floor(high / step + 1e-9) - first + 1}, (_, i) => (first + i) * step);
}

/** Centre of epoch `index` of `length`: every epoch has a column of its own, so that a single one still has a place. */
const across = (index: number, length: number): number => LEFT + ((RIGHT - LEFT) * (index + 0.5)) / length;
const up = (value: number, {low, high}: Chart): number => BOTTOM - ((BOTTOM - TOP) * (value - low)) / (high - low);

/** A line through the finite values, with a point an epoch where they do not crowd. */
function curve({name, role, values}: Series, chart: Chart): Html {
  const points = values.flatMap((value, i) =>
    Number.isFinite(value) ? [{x: across(i, values.length), y: up(value, chart), value, i}] : [],
  );
  const path = points.map(({x, y}) => `${coordinate(x)},${coordinate(y)}`).join(' ');
  const dots = points.map(
    ({x, y, value, i}) =>
      html`<circle cx="${coordinate(x)}" cy="${coordinate(y)}" r="${values.length > 40 ? 1.5 : 3}"
        ><title>epoch ${i + 1}: ${name} ${chart.format(value)}</title></circle
      >`,
  );
  return html`<g class="${role}"><polyline points="${path}" />${dots}</g>`;
}

/** A band and a name for every phase, in the order they ran. */
function phaseBands(rows: readonly EpochRow[]): Html[] {
  const starts = rows.flatMap((row, i) => (i === 0 || row.phase !== rows[i - 1]!.phase ? [i] : []));
  const edge = (index: number): number => LEFT + ((RIGHT - LEFT) * index) / rows.length;
  return starts.map((start, i) => {
    const [x, end] = [edge(start), edge(starts[i + 1] ?? rows.length)];
    return html`
      <rect
        class="${i % 2 === 0 ? 'phase' : 'phase other'}"
        x="${coordinate(x)}"
        y="${TOP - 18}"
        width="${coordinate(end - x)}"
        height="${BOTTOM - TOP + 18}"
      />
      <svg x="${coordinate(x)}" y="0" width="${coordinate(end - x)}" height="${TOP}">
        <text class="phase-name" x="4" y="18">${rows[start]!.phase}</text>
      </svg>
    `;
  });
}

function axes(chart: Chart, epochs: number): Html[] {
  const horizontal = ticks(chart.low, chart.high, 4).map(value => {
    const y = coordinate(up(value, chart));
    return html`<line x1="${LEFT}" x2="${RIGHT}" y1="${y}" y2="${y}" /><text
        class="tick"
        x="${LEFT - 6}"
        y="${y}"
        dy="0.35em"
        text-anchor="end"
        >${chart.format(value)}</text
      >`;
  });
  const numbers = epochs < 3 ? Array.from({length: epochs}, (_, i) => i + 1) : ticks(1, epochs, 6).filter(Number.isInteger);
  const vertical = numbers.map(
    value => html`<text class="tick" x="${coordinate(across(value - 1, epochs))}" y="${BOTTOM + 16}" text-anchor="middle">${value}</text>`,
  );
  return [...horizontal, ...vertical];
}

const draw = (chart: Chart, rows: readonly EpochRow[]): Html => html`
  <figure class="chart">
    <figcaption>
      <b>${chart.title}</b>
      ${chart.series.map(({name, role}) => html`<span class="key ${role}">${name}</span>`)}
    </figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.title} by epoch">
      ${phaseBands(rows)}
      <g class="axes">${axes(chart, rows.length)}</g>
      <text class="tick" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">epoch</text>
      ${chart.series.map(series => curve(series, chart))}
    </svg>
  </figure>
`;

/** Loss and accuracy over all epochs of all phases. */
export function curves(rows: readonly EpochRow[]): Html {
  const trainingLoss = rows.map(row => row.trainingLoss);
  const validationLoss = rows.map(row => row.validationLoss);
  const accuracy = rows.map(row => row.validationAccuracy);
  const finite = [...trainingLoss, ...validationLoss].filter(Number.isFinite);
  const loss: Chart = {
    title: 'Loss',
    series: [
      {name: 'training', role: 'training', values: trainingLoss},
      {name: 'validation', role: 'validation', values: validationLoss},
    ],
    low: 0,
    high: Math.max(...finite, 1e-3) * 1.04,
    format: value => Number(value.toPrecision(3)).toString(),
  };
  const accuracies: Chart = {
    title: 'Accuracy',
    series: [{name: 'validation', role: 'validation', values: accuracy}],
    low: Math.max(0, Math.floor(10 * Math.min(...accuracy) - 0.5) / 10),
    high: 1,
    format: value => percent(value, Number.isInteger(Math.round(1e6 * value) / 1e4) ? 0 : 1),
  };
  return html`<div class="charts">${draw(loss, rows)} ${draw(accuracies, rows)}</div>`;
}
