import type {Rng} from '../../core/rng.js';

/** Colors of one animal. All classes share one color distribution, so color says nothing about the class. */
interface Palette {
  readonly skin: string;
  readonly mark: string;
  readonly outline: string;
}

/** Draws one animal from above as SVG, head up, inside the unit circle. The random stream varies its shape. */
type DrawFunction = (palette: Palette, stream: Rng) => string;

const INK = '#222';

const decimal = (value: number): string => value.toFixed(3);
const times = (count: number, draw: (index: number) => string): string =>
  Array.from({length: count}, (_, i) => draw(i)).join('');
const hsl = (hue: number, saturation: number, lightness: number): string =>
  `hsl(${Math.round(((hue % 360) + 360) % 360)},${Math.round(saturation)}%,${Math.round(lightness)}%)`;

/** A point at `turn` turns clockwise from the top. */
const polar = (radius: number, turn: number): string =>
  `${decimal(radius * Math.sin(2 * Math.PI * turn))} ${decimal(-radius * Math.cos(2 * Math.PI * turn))}`;

/** Formats path data: numbers become `M0.1 0.2L...`. */
function path(strings: TemplateStringsArray, ...values: readonly number[]): string {
  return strings.reduce((text, string, i) => text + decimal(values[i - 1]!) + string);
}
const area = (d: string, fill: string): string => `<path d="${d}" fill="${fill}"/>`;
const line = (d: string, attributes = ''): string => `<path d="${d}" fill="none" ${attributes}/>`;
const oval = (x: number, y: number, rx: number, ry: number, fill: string): string =>
  `<ellipse cx="${decimal(x)}" cy="${decimal(y)}" rx="${decimal(rx)}" ry="${decimal(ry)}" fill="${fill}"/>`;

const eyes = (x: number, y: number, radius: number): string =>
  times(2, i => {
    const at = i === 0 ? -x : x;
    return (
      `<g stroke-width="0.03">${oval(at, y, radius, radius, '#fff')}</g>` +
      `<g stroke="none">${oval(at, y - radius / 4, radius / 2, radius / 2, INK)}</g>`
    );
  });
const smile = (y: number): string =>
  line(path`M-0.12 ${y}Q0 ${y + 0.13} 0.12 ${y}`, `stroke="${INK}" stroke-width="0.045"`);

function starfish({skin, mark}: Palette, stream: Rng): string {
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

function crab({skin, mark}: Palette, stream: Rng): string {
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

function fish({skin, mark}: Palette, stream: Rng): string {
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

function snail({skin, mark}: Palette, stream: Rng): string {
  const body =
    'M-0.26 -0.45Q-0.26 -0.78 0 -0.78Q0.26 -0.78 0.26 -0.45L0.2 0.7Q0.1 1 0 1Q-0.1 1 -0.2 0.7Z';
  const shell = line(spiral(0.66, 3 + stream.integer(2)), `stroke="${mark}" stroke-width="0.11"`);
  return (
    `${line('M-0.08 -0.6L-0.3 -0.93M0.08 -0.6L0.3 -0.93')}${eyes(0.3, -0.92, 0.1)}${area(body, mark)}` +
    `<g transform="translate(0 0.12) rotate(${stream.integer(360)})">${oval(0, 0, 0.7, 0.7, skin)}${shell}${oval(0, 0, 0.7, 0.7, 'none')}</g>`
  );
}

const ANIMALS: Readonly<Record<string, DrawFunction>> = {crab, fish, snail, starfish};

/** Classes of the demo: rock pool animals from above, which may have any rotation. */
export const DEMO_CLASSES = Object.keys(ANIMALS);

/** Draws sand, pebbles, weed and bubbles on 100 x 100, in shades of one random color. */
function seabed(stream: Rng): string {
  const [hue, light] = [stream.integer(360), stream.uniform(25, 85)];
  const shade = (spread: number): string =>
    hsl(
      hue + stream.uniform(-40, 40),
      stream.uniform(15, 60),
      light + stream.uniform(-spread, spread),
    );
  const place = (): number => stream.uniform(0, 100);
  const pebble = (): string => {
    const [x, y] = [place(), place()];
    const stone = oval(x, y, stream.uniform(2, 8), stream.uniform(2, 6), shade(12));
    return `<g transform="rotate(${stream.integer(180)} ${decimal(x)} ${decimal(y)})">${stone}</g>`;
  };
  const weed = (): string => {
    const [x, y] = [place(), place()];
    const near = (): number => stream.uniform(-20, 20);
    const d = path`M${x} ${y}Q${x + near()} ${y + near()} ${x + near()} ${y + near()}T${x + near()} ${y + near()}`;
    return line(d, `stroke="${shade(15)}" stroke-width="${decimal(stream.uniform(1, 3))}"`);
  };
  const bubble = (): string => {
    const radius = stream.uniform(1, 4);
    return `<g stroke="${shade(25)}">${oval(place(), place(), radius, radius, 'none')}</g>`;
  };
  const stops = `<stop stop-color="${shade(6)}"/><stop offset="1" stop-color="${shade(6)}"/>`;
  return (
    `<linearGradient id="sand" gradientTransform="rotate(${stream.integer(360)} 0.5 0.5)">${stops}</linearGradient>` +
    `<rect width="100" height="100" fill="url(#sand)"/>` +
    times(6 + stream.integer(8), pebble) +
    times(stream.integer(4), weed) +
    times(2 + stream.integer(5), bubble)
  );
}

function palette(stream: Rng): Palette {
  const [hue, light] = [stream.integer(360), stream.uniform(40, 72)];
  return {
    skin: hsl(hue, stream.uniform(55, 95), light),
    mark: hsl(
      hue + stream.uniform(40, 320),
      stream.uniform(50, 95),
      light > 56 ? light - 30 : light + 30,
    ),
    outline: hsl(hue, 45, 16),
  };
}

/** Draws one image of a class as SVG, `size` pixels square. */
export function drawAnimal(className: string, size: number, stream: Rng): string {
  const background = seabed(stream);
  const colors = palette(stream);
  const radius = stream.uniform(34, 44);
  const [x, y] = [stream.uniform(radius + 4, 96 - radius), stream.uniform(radius + 4, 96 - radius)];
  const animal = ANIMALS[className]!(colors, stream);
  const transform = `translate(${decimal(x)} ${decimal(y)}) rotate(${stream.integer(360)}) scale(${decimal(radius)})`;
  const pen = `stroke="${colors.outline}" stroke-width="0.06" stroke-linejoin="round" stroke-linecap="round"`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 100 100">${background}` +
    `<g transform="${transform}" ${pen}>${animal}</g></svg>`
  );
}
