import type {Rng} from '../../core/rng.js';
import {eyes, smile, type Palette} from './animals.js';
import {area, decimal, line, oval, path, polar, times} from './svg.js';

export function octopus({skin, mark}: Palette, stream: Rng): string {
  const arm = (index: number): string => {
    // The arms fill three quarters of a turn, below the head.
    const turn = 0.16 + (0.68 * index) / 7;
    const bend = stream.uniform(-0.08, 0.08);
    return line(
      `M${polar(0.25, turn)}Q${polar(0.65, turn + bend)} ${polar(stream.uniform(0.88, 1), turn - bend)}`,
      'stroke-width="0.15"',
    );
  };
  const spots = times(3, i => oval(-0.2 + 0.2 * i, -0.72 + 0.06 * (i % 2), 0.06, 0.06, mark));
  return (
    `${times(8, arm)}${area('M-0.42 0.05Q-0.62 -0.98 0 -0.98Q0.62 -0.98 0.42 0.05Q0 0.3 -0.42 0.05Z', skin)}` +
    `<g stroke="none">${spots}</g>${eyes(0.19, -0.3, 0.13)}${smile(-0.1)}`
  );
}

export function ray({skin, mark}: Palette, stream: Rng): string {
  const wing = stream.uniform(0.88, 1);
  const body = path`M0 -0.72Q0.4 -0.5 ${wing} -0.1Q0.4 0.1 0.1 0.42L-0.1 0.42Q-0.4 0.1 ${-wing} -0.1Q-0.4 -0.5 0 -0.72Z`;
  const bend = stream.uniform(-0.3, 0.3);
  const spot = (index: number): string => {
    const side = index % 2 === 0 ? -1 : 1;
    return oval(side * (0.28 + 0.1 * (index >> 1)), -0.2 + 0.09 * (index >> 1), 0.06, 0.06, mark);
  };
  return (
    `${line(path`M0 0.4Q${bend} 0.7 ${-bend / 2} 1`, 'stroke-width="0.1"')}${area(body, skin)}` +
    `<g stroke="none">${times(6, spot)}</g>${eyes(0.14, -0.45, 0.1)}${smile(-0.32)}`
  );
}

export function turtle({skin, mark}: Palette, stream: Rng): string {
  const spread = stream.uniform(0.78, 0.92);
  const flipper = (side: number, y: number, length: number): string =>
    `<g transform="translate(${decimal(0.42 * side)} ${decimal(y)}) rotate(${side * (y < 0 ? 50 : 130)})">${oval(0, -0.5 * length, 0.15, 0.5 * length, skin)}</g>`;
  const flippers = [-1, 1].map(
    side => flipper(side, -0.3, 0.75 * spread) + flipper(side, 0.4, 0.5 * spread),
  );
  const plate = (index: number): string =>
    line(`M${polar(0.24, index / 6)}L${polar(0.54, index / 6)}`, `stroke="${mark}"`);
  const hexagon = `M${Array.from({length: 6}, (_, i) => polar(0.24, i / 6)).join('L')}Z`;
  return (
    `${flippers.join('')}${area('M-0.08 0.6L0 0.95L0.08 0.6Z', skin)}${oval(0, -0.72, 0.21, 0.26, skin)}` +
    `${eyes(0.1, -0.78, 0.08)}${oval(0, 0.06, 0.54, 0.62, skin)}` +
    `<g stroke-width="0.08" transform="translate(0 0.06)">${line(hexagon, `stroke="${mark}"`)}${times(6, plate)}</g>`
  );
}

export function jellyfish({skin, mark}: Palette, stream: Rng): string {
  const tentacle = (index: number): string => {
    const x = -0.48 + 0.19 * index;
    const sway = stream.uniform(0.08, 0.16) * (stream.integer(2) === 0 ? -1 : 1);
    const end = stream.uniform(0.78, 1);
    return line(
      path`M${x} -0.05Q${x + sway} ${end / 3} ${x} ${end / 2}T${x} ${end}`,
      `stroke="${mark}" stroke-width="0.08"`,
    );
  };
  const bell =
    'M-0.7 0Q-0.78 -0.95 0 -0.95Q0.78 -0.95 0.7 0Q0.52 0.16 0.35 0Q0.17 0.16 0 0Q-0.17 0.16 -0.35 0Q-0.52 0.16 -0.7 0Z';
  const spots = times(3, i => oval(-0.3 + 0.3 * i, -0.68, 0.08, 0.06, mark));
  return `${times(6, tentacle)}${area(bell, skin)}<g stroke="none">${spots}</g>${eyes(0.22, -0.4, 0.12)}${smile(-0.24)}`;
}
