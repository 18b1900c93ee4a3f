import type {Rng} from '../../core/rng.js';
import {area, decimal, line, oval, path, polar, times} from './svg.js';

/** Colors of one animal. All classes share one color distribution, so color says nothing about the class. */
export interface Palette {
  readonly skin: string;
  readonly mark: string;
  readonly outline: string;
}

/** Draws one animal from above as SVG, head up, inside the unit circle. The random stream varies its shape. */
export type DrawFunction = (palette: Palette, stream: Rng) => string;

const INK = '#222';

/** Two eyes at both sides of the axis. */
export const eyes = (x: number, y: number, radius: number): string =>
  times(2, i => {
    const at = i === 0 ? -x : x;
    return (
      `<g stroke-width="0.03">${oval(at, y, radius, radius, '#fff')}</g>` +
      `<g stroke="none">${oval(at, y - radius / 4, radius / 2, radius / 2, INK)}</g>`
    );
  });
/** A mouth. */
export const smile = (y: number): string =>
  line(path`M-0.12 ${y}Q0 ${y + 0.13} 0.12 ${y}`, `stroke="${INK}" stroke-width="0.045"`);

export function starfish({skin, mark}: Palette, stream: Rng): string {
  const inner = stream.uniform(0.36, 0.44);
  const body = `M${Array.from({length: 5}, (_, i) => `${polar(1, i / 5)}L${polar(inner, (i + 0.5) / 5)}`).join('L')}Z`;
  const spot = (arm: number, i: number): string =>
    `<circle transform="translate(${polar(0.42 + 0.18 * i, arm / 5)})" r="${decimal(0.075 - 0.015 * i)}"/>`;
  const spots = times(5, arm => times(3, i => spot(arm, i)));
  // The wider stroke is drawn first, then the skin over its inner half: arms with round tips.
  return (
    `<g stroke-width="0.16">${area(body, skin)}</g><g stroke="${skin}">${area(body, skin)}</g>` +
    `<g fill="${mark}" stroke="none">${spots}</g>${eyes(0.13, -0.07, 0.11)}${smile(0.1)}`
  );
}

export function crab({skin, mark}: Palette, stream: Rng): string {
  const reach = stream.uniform(0.9, 1);
  const leg = (side: number, y: number): string =>
    line(
      path`M${0.4 * side} ${y}Q${0.85 * side} ${y - 0.12} ${reach * side} ${y + 0.25}`,
      'stroke-width="0.11"',
    );
  const claw = (side: number): string =>
    line(
      path`M${0.42 * side} -0.1Q${0.85 * side} -0.2 ${0.66 * side} -0.55`,
      'stroke-width="0.14"',
    ) +
    `<g transform="translate(${0.6 * side} -0.66) scale(${side} 1) rotate(-20)">${area('M0 0L0.16 -0.29A0.33 0.33 0 1 1 -0.16 -0.29Z', skin)}</g>`;
  const limbs = (side: number): string => times(3, row => leg(side, 0.02 + 0.2 * row)) + claw(side);
  const spots =
    oval(-0.3, 0.36, 0.1, 0.07, mark) +
    oval(0.3, 0.36, 0.1, 0.07, mark) +
    oval(0, 0.46, 0.12, 0.07, mark);
  return (
    `${limbs(-1)}${limbs(1)}${oval(0, 0.18, 0.64, 0.46, skin)}<g stroke="none">${spots}</g>` +
    `${line('M-0.18 -0.2V-0.38M0.18 -0.2V-0.38')}${eyes(0.18, -0.42, 0.13)}${smile(0.08)}`
  );
}

export function fish({skin, mark}: Palette, stream: Rng): string {
  const width = stream.uniform(0.42, 0.52);
  const body = path`M0 -1C${1.5 * width} -0.7 ${1.3 * width} 0.15 0.09 0.5L-0.09 0.5C${-1.3 * width} 0.15 ${-1.5 * width} -0.7 0 -1Z`;
  const fin = (side: number): string => {
    const [inner, outer] = [0.6 * width * side, (0.8 * width + 0.32) * side];
    return area(path`M${0.8 * width * side} -0.35L${outer} 0.12L${inner} 0.05Z`, mark);
  };
  const stripes = times(3, i =>
    line(path`M-1 ${-0.38 + 0.28 * i}Q0 ${-0.22 + 0.28 * i} 1 ${-0.38 + 0.28 * i}`),
  );
  return (
    `<clipPath id="body"><path d="${body}"/></clipPath>${area('M0 0.42L0.46 0.98Q0 0.8 -0.46 0.98Z', mark)}${fin(-1)}${fin(1)}` +
    `${area(body, skin)}<g clip-path="url(#body)" stroke="${mark}" stroke-width="0.13">${stripes}</g>${line(body)}${eyes(0.2, -0.6, 0.11)}`
  );
}

/** An Archimedean spiral, from the rim inwards. */
function spiral(radius: number, turns: number): string {
  const steps = 16 * turns;
  return `M${Array.from({length: steps + 1}, (_, i) => polar(radius * (1 - i / steps), (i / steps) * turns)).join('L')}`;
}

export function snail({skin, mark}: Palette, stream: Rng): string {
  const body =
    'M-0.26 -0.45Q-0.26 -0.78 0 -0.78Q0.26 -0.78 0.26 -0.45L0.2 0.7Q0.1 1 0 1Q-0.1 1 -0.2 0.7Z';
  const shell = line(spiral(0.66, 3 + stream.integer(2)), `stroke="${mark}" stroke-width="0.11"`);
  return (
    `${line('M-0.08 -0.6L-0.3 -0.93M0.08 -0.6L0.3 -0.93')}${eyes(0.3, -0.92, 0.1)}${area(body, mark)}` +
    `<g transform="translate(0 0.12) rotate(${stream.integer(360)})">${oval(0, 0, 0.7, 0.7, skin)}${shell}${oval(0, 0, 0.7, 0.7, 'none')}</g>`
  );
}
