import {formatCount} from '../../core/text/format-count.js';
import {coordinate, formatPercent, truncate} from '../format.js';
import {html, type Html} from '../html.js';
import type {EmbeddingMap} from '../run-record.js';

/** Size of the map, and the space around the points, in pixels at full size. */
const [WIDTH, HEIGHT, MARGIN] = [720, 440, 24];
/** Most classes whose names fit on the map. */
const MAX_NAMED = 12;
const NAME_LENGTH = 18;
/** Degrees between the hues of neighboring classes: the golden angle keeps any number of them apart. */
const HUE_STEP = 137.508;
/** Blue: the second hue is then red, which eyes that confuse red and green tell from it. */
const FIRST_HUE = 210;

type Point = EmbeddingMap['points'][number];
type Place = (point: Pick<Point, 'x' | 'y'>) => readonly [x: number, y: number];

/** Places points on the map, with the same scale in both directions. */
function placeOn(points: readonly Point[]): Place {
  const [xs, ys] = [points.map(({x}) => x), points.map(({y}) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]; // prettier-ignore
  const [width, height] = [WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN];
  const scale = Math.min(width / (right - left || 1), height / (high - low || 1));
  return ({x, y}) => [
    WIDTH / 2 + scale * (x - (left + right) / 2),
    HEIGHT / 2 - scale * (y - (low + high) / 2),
  ];
}

const hue = (index: number): string => `--hue:${((FIRST_HUE + index * HUE_STEP) % 360).toFixed(0)}`;

/** Renders a point; the script of the page shows its image. */
function dot(point: Point, place: Place): Html {
  const {name, truth, prediction, tile} = point;
  const [x, y] = place(point).map(coordinate);
  const isMistake = truth !== prediction;
  // Two lines: the script of the page shows each on its own.
  const title = `${isMistake ? `${truth}, predicted ${prediction}` : truth}\n${name}`;
  return html`<circle
    ${isMistake && html`class="mistaken"`}
    ${tile !== undefined && html`data-tile="${tile}"`}
    cx="${x!}"
    cy="${y!}"
    r="${isMistake ? 5.5 : 4}"
    ><title>${title}</title></circle
  >`;
}

/** Renders points in groups of their true class, which has a color. */
const dots = (points: readonly Point[], classes: readonly string[], place: Place): Html[] =>
  classes.flatMap((name, i) => {
    const own = points.filter(({truth}) => truth === name);
    return own.length === 0
      ? []
      : [html`<g style="${hue(i)}">${own.map(point => dot(point, place))}</g>`];
  });

/** Renders what the script of the page shows at a point. */
function preview(thumbnails: EmbeddingMap['thumbnails']): Html {
  const rows = thumbnails && Math.ceil(thumbnails.count / thumbnails.columns);
  const columns = thumbnails && Math.min(thumbnails.count, thumbnails.columns);
  return html`<div class="map-preview" role="status" hidden>
    ${
      thumbnails?.sheet.startsWith('data:image/') === true &&
      html`<span
        class="map-image"
        data-columns="${columns!}"
        style="--columns:${columns!};--rows:${rows!};background-image:url(${thumbnails.sheet})"
      ></span>`
    }
    <span><b></b> <small class="file"></small></span>
  </div>`;
}

/** Renders the name of a class at the mean of its points. */
function className(name: string, points: readonly Point[], place: Place, index: number): Html {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = place({x: mean(point => point.x), y: mean(point => point.y)}).map(coordinate);
  return html`<text style="${hue(index)}" x="${x!}" y="${y!}" text-anchor="middle"
    >${truncate(name, NAME_LENGTH)}</text
  >`;
}

/** How images are seen, and which ones. */
const hint = (shown: number, all: number): string =>
  `Point at an image, tap it, or use the arrow keys to see it${shown < all ? `: mistakes, and some of the others, ${formatCount(shown, 'image')} in all` : ''}.`;

/** Renders the images on a plane, colored by their class; nothing without points. */
export function embeddingSection(
  {points, explained, thumbnails}: EmbeddingMap,
  classes: readonly string[],
): Html | undefined {
  if (points.length === 0) return undefined;
  const place = placeOn(points);
  const right = points.filter(({truth, prediction}) => truth === prediction);
  const wrong = points.filter(({truth, prediction}) => truth !== prediction);
  const named = classes.length > MAX_NAMED ? [] : classes;
  const shown = thumbnails?.count ?? 0;
  return html`
    <p>
      Validation images that look alike to the network are near each other. The color is the true
      class; a ring marks a mistake. Classes that overlap are hard for this network to tell apart.
      ${shown > 0 && html`<span class="with-script">${hint(shown, points.length)}</span>`}
    </p>
    <div
      class="map"
      tabindex="0"
      role="group"
      aria-label="Map of the images. The arrow keys go from image to image, mistakes first."
    >
      <svg
        class="embedding"
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        role="img"
        aria-label="Map of the features of ${points.length} validation images"
      >
        ${dots(right, classes, place)} ${dots(wrong, classes, place)}
        ${named.map((name, i) => {
          const own = points.filter(({truth}) => truth === name);
          return own.length > 0 && className(name, own, place, i);
        })}
      </svg>
      ${preview(thumbnails)}
    </div>
    <p class="quiet">
      The two main directions of the features (PCA), which hold ${formatPercent(explained, 0)} of
      their variance: images that are apart here are apart, but those that overlap may differ in
      another direction.
    </p>
  `;
}
