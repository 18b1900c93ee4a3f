import {coordinate, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {BOTTOM, chartFigure, HEIGHT, LEFT, RIGHT, ticks, verticalAxis, yOf} from './chart-frame.js';
import type {Scale} from './chart-frame.js';

/** The horizontal place of a fraction 0..1. */
export const xOfFraction = (fraction: number): number => LEFT + (RIGHT - LEFT) * fraction;

/** A vertical axis of fractions from `low` to 1. */
export const fractionScale = (low = 0): Scale => ({
  low,
  high: 1,
  tick: value => formatPercent(value, 0),
});

/** Points of a `polyline` through fractions 0..1. */
export const polylinePoints = (
  points: readonly (readonly [x: number, y: number])[],
  scale: Scale,
): string =>
  points.map(([x, y]) => `${coordinate(xOfFraction(x))},${coordinate(yOf(y, scale))}`).join(' ');

const horizontalAxis = (name: string): Html => html`
  ${ticks(0, 1, 5).map(
    value =>
      html`<text
        class="tick"
        x="${coordinate(xOfFraction(value))}"
        y="${BOTTOM + 16}"
        text-anchor="${value === 1 ? 'end' : 'middle'}"
        >${formatPercent(value, 0)}</text
      >`,
  )}
  <text class="tick" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${name}</text>
`;

/** Renders a chart over a horizontal axis from 0 to 100 %. */
export const fractionChart = (
  {
    title,
    axis,
    scale,
    keys,
  }: {
    readonly title: string;
    /** Name of the horizontal axis. */
    readonly axis: string;
    readonly scale: Scale;
    readonly keys: readonly Html[];
  },
  content: Html,
): Html =>
  chartFigure({title, keys, axes: html`${verticalAxis(scale)} ${horizontalAxis(axis)}`}, content);
