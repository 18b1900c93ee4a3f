import {coordinate} from '../format.js';
import {html, type Html} from '../html.js';

/** The vertical axis of a chart. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly tick: (value: number) => string;
}

/** Sizes in pixels at full size: the chart, and the plot area inside it. */
const WIDTH = 440;
export const HEIGHT = 270;
export const [LEFT, RIGHT, TOP, BOTTOM] = [46, 428, 26, 236];
/** Height of the bands above the plot, with the names of the phases. */
const BAND = 20;

/** Returns about `wanted` round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`. */
export function ticks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from(
    {length: Math.floor(high / step + 1e-9) - first + 1},
    (_, i) => (first + i) * step,
  );
}

/** The horizontal center of an epoch's column. A single epoch is in the middle. */
export const xOf = (epoch: number, epochs: number): number =>
  LEFT + ((RIGHT - LEFT) * (epoch + 0.5)) / epochs;
export const yOf = (value: number, {low, high}: Scale): number =>
  BOTTOM - ((BOTTOM - TOP) * (value - low)) / (high - low);

export function verticalAxis(scale: Scale): Html[] {
  return ticks(scale.low, scale.high, 4).map(value => {
    const y = coordinate(yOf(value, scale));
    return html`
      <line x1="${LEFT}" x2="${RIGHT}" y1="${y}" y2="${y}" />
      <text class="tick" x="${LEFT - 6}" y="${y}" dy="0.35em" text-anchor="end"
        >${scale.tick(value)}</text
      >
    `;
  });
}

function horizontalAxis(epochs: number): Html[] {
  const shown =
    epochs < 3
      ? Array.from({length: epochs}, (_, i) => i + 1)
      : ticks(1, epochs, 6).filter(Number.isInteger);
  return shown.map(epoch => {
    const x = coordinate(xOf(epoch - 1, epochs));
    return html`<text class="tick" x="${x}" y="${BOTTOM + 16}" text-anchor="middle"
      >${epoch}</text
    >`;
  });
}

const epochAxes = (scale: Scale, epochs: number): Html => html`
  ${verticalAxis(scale)} ${horizontalAxis(epochs)}
  <text class="tick" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">epoch</text>
`;

const plotArea = html`<rect
  class="phase"
  x="${LEFT}"
  y="${TOP}"
  width="${RIGHT - LEFT}"
  height="${BOTTOM - TOP}"
/>`;

/** A chart around its content. */
export interface ChartFrame {
  readonly title: string;
  /** What a screen reader says. Default: the title. */
  readonly label?: string;
  /** What the colors stand for. */
  readonly keys?: readonly Html[];
  /** CSS class of the figure. */
  readonly kind?: string;
  /** What is behind the axes. Default: the plot area. */
  readonly background?: Html | readonly Html[];
  readonly axes: Html;
  /** A paragraph below. */
  readonly note?: Html | false;
}

export const chartFigure = (
  {
    title,
    label = title,
    keys = [],
    kind = '',
    background = plotArea,
    axes,
    note = false,
  }: ChartFrame,
  content: Html,
): Html => html`
  <figure class="chart ${kind}">
    <figcaption><b>${title}</b> ${keys}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
      ${background}
      <g class="axes">${axes}</g>
      ${content}
    </svg>
    ${note}
  </figure>
`;

/** Renders a chart over epochs. */
export const epochChart = (
  {
    scale,
    epochs,
    ...frame
  }: Omit<ChartFrame, 'axes'> & {readonly scale: Scale; readonly epochs: number},
  content: Html,
): Html =>
  chartFigure(
    {label: `${frame.title} by epoch`, ...frame, axes: epochAxes(scale, epochs)},
    content,
  );

/** Renders a clip path: the plot area, and some pixels around it. */
export const clipPath = (id: string, margin = 0): Html =>
  html`<clipPath id="${id}">
    <rect
      x="${LEFT - margin}"
      y="${TOP - margin}"
      width="${RIGHT - LEFT + 2 * margin}"
      height="${BOTTOM - TOP + 2 * margin}"
    />
  </clipPath>`;

/** Renders a band and a name for every phase. @param phases phase of every epoch, in the order of training */
export function phaseBands(phases: readonly string[]): Html[] {
  const starts = phases.flatMap((phase, i) => (phase === phases[i - 1] ? [] : [i]));
  const edge = (index: number): number => LEFT + ((RIGHT - LEFT) * index) / phases.length;
  return starts.map((start, i) => {
    const x = coordinate(edge(start));
    const width = coordinate(edge(starts[i + 1] ?? phases.length) - edge(start));
    // The nested SVG clips a name that is longer than its phase.
    return html`
      <rect
        class="${i % 2 === 0 ? 'phase' : 'phase other'}"
        x="${x}"
        y="${TOP - BAND}"
        width="${width}"
        height="${BOTTOM - TOP + BAND}"
      />
      <svg x="${x}" y="${TOP - BAND}" width="${width}" height="${BAND}">
        <text class="phase-name" x="4" y="12">${phases[start]!}</text>
      </svg>
    `;
  });
}
