/** Formats a number of a drawing. */
export const decimal = (value: number): string => value.toFixed(3);
/** Draws several shapes, each by its index. */
export const times = (count: number, draw: (index: number) => string): string =>
  Array.from({length: count}, (_, i) => draw(i)).join('');
/** A color by hue in degrees, saturation and lightness in per cent. */
export const hsl = (hue: number, saturation: number, lightness: number): string =>
  `hsl(${Math.round(((hue % 360) + 360) % 360)},${Math.round(saturation)}%,${Math.round(lightness)}%)`;

/** A point at `turn` turns clockwise from the top. */
export const polar = (radius: number, turn: number): string =>
  `${decimal(radius * Math.sin(2 * Math.PI * turn))} ${decimal(-radius * Math.cos(2 * Math.PI * turn))}`;

/** Formats path data: numbers become `M0.1 0.2L...`. */
export function path(strings: TemplateStringsArray, ...values: readonly number[]): string {
  return strings.reduce((text, string, i) => text + decimal(values[i - 1]!) + string);
}
/** A filled path. */
export const area = (d: string, fill: string): string => `<path d="${d}" fill="${fill}"/>`;
/** An open path. */
export const line = (d: string, attributes = ''): string =>
  `<path d="${d}" fill="none" ${attributes}/>`;
/** A filled ellipse. */
export const oval = (x: number, y: number, rx: number, ry: number, fill: string): string =>
  `<ellipse cx="${decimal(x)}" cy="${decimal(y)}" rx="${decimal(rx)}" ry="${decimal(ry)}" fill="${fill}"/>`;
