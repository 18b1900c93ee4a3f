import type {Rng} from '../../core/rng.js';
import {crab, fish, snail, starfish, type DrawFunction, type Palette} from './animals.js';
import {jellyfish, octopus, ray, turtle} from './more-animals.js';
import {decimal, hsl, line, oval, path, times} from './svg.js';

const ANIMALS: Readonly<Record<string, DrawFunction>> = {
  crab,
  fish,
  jellyfish,
  octopus,
  ray,
  snail,
  starfish,
  turtle,
};

/** Classes of the demo: animals of a rock pool. */
export const DEMO_CLASSES = Object.keys(ANIMALS);

/** Draws a curved strand of weed on 100 x 100. */
function weed(color: string, stream: Rng): string {
  const [x, y] = [stream.uniform(0, 100), stream.uniform(0, 100)];
  const near = (): number => stream.uniform(-20, 20);
  const d = path`M${x} ${y}Q${x + near()} ${y + near()} ${x + near()} ${y + near()}T${x + near()} ${y + near()}`;
  return line(d, `stroke="${color}" stroke-width="${decimal(stream.uniform(1, 3))}"`);
}

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
  const bubble = (): string => {
    const radius = stream.uniform(1, 4);
    return `<g stroke="${shade(25)}">${oval(place(), place(), radius, radius, 'none')}</g>`;
  };
  const stops = `<stop stop-color="${shade(6)}"/><stop offset="1" stop-color="${shade(6)}"/>`;
  return (
    `<linearGradient id="sand" gradientTransform="rotate(${stream.integer(360)} 0.5 0.5)">${stops}</linearGradient>` +
    `<rect width="100" height="100" fill="url(#sand)"/>` +
    times(6 + stream.integer(8), pebble) +
    times(stream.integer(4), () => weed(shade(15), stream)) +
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

/** Draws weed that grows in front of an animal. */
function foreground(stream: Rng): string {
  const color = hsl(stream.integer(360), stream.uniform(15, 60), stream.uniform(25, 85));
  return times(stream.integer(3), () => weed(color, stream));
}

/** Draws one image of a class as SVG, `size` pixels square. */
export function drawAnimal(className: string, size: number, stream: Rng): string {
  const background = seabed(stream);
  const colors = palette(stream);
  const radius = stream.uniform(34, 44);
  const [x, y] = [stream.uniform(radius + 4, 96 - radius), stream.uniform(radius + 4, 96 - radius)];
  const animal = ANIMALS[className]!(colors, stream);
  const transform = `translate(${decimal(x)} ${decimal(y)}) rotate(${decimal(stream.uniform(-30, 30))}) scale(${decimal(radius)})`;
  const pen = `stroke="${colors.outline}" stroke-width="0.06" stroke-linejoin="round" stroke-linecap="round"`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 100 100">${background}` +
    `<g transform="${transform}" ${pen}>${animal}</g>${foreground(stream)}</svg>`
  );
}
