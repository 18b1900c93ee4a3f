import {formatCount} from '../../core/text/format-count.js';
import type {ClassCurves, CurvePoint} from '../../training/metrics/class-curves.js';
import {coordinate, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';

/** Side of a small chart, and the space for its axes, in pixels at full size. */
const [SIDE, LEFT, BOTTOM, TOP, GAP] = [100, 38, 34, 18, 14];
const WIDTH = LEFT + SIDE + GAP;
const TICKS = [0, 0.5, 1];

const place = ([x, y]: CurvePoint): string => `${coordinate(SIDE * x)},${coordinate(SIDE * (1 - y))}`; // prettier-ignore

/** Precision as steps: between two recalls it is that of the higher one. */
const stepsOf = (points: readonly CurvePoint[]): CurvePoint[] =>
  points.flatMap(([recall, precision], i) => [
    [points[i - 1]?.[0] ?? 0, precision],
    [recall, precision],
  ]);

/** Renders a curve of fractions with both axes. */
function smallChart(
  points: readonly CurvePoint[],
  left: number,
  [xName, yName]: readonly [string, string],
): Html {
  return html`
    <g transform="translate(${left + LEFT} ${TOP})">
      <rect class="phase other" width="${SIDE}" height="${SIDE}" />
      ${TICKS.map(
        value => html`
          <text class="tick" x="-4" y="${SIDE * (1 - value)}" dy="0.35em" text-anchor="end"
            >${formatPercent(value, 0)}</text
          >
          <text
            class="tick"
            x="${SIDE * value}"
            y="${SIDE + 13}"
            text-anchor="${value === 1 ? 'end' : 'middle'}"
            >${formatPercent(value, 0)}</text
          >
        `,
      )}
      <text class="tick name" x="${-LEFT}" y="-8">${yName}</text>
      <text class="tick name" x="${SIDE / 2}" y="${SIDE + 28}" text-anchor="middle">${xName}</text>
      <g class="validation"><polyline points="${points.map(place).join(' ')}" /></g>
    </g>
  `;
}

/** Renders precision over recall and the ROC curve of one class. */
function classFigure(
  name: string,
  {averagePrecision, rocAuc, precisionRecall = [], roc = []}: ClassCurves,
): Html {
  return html`
    <figure class="class-curves">
      <figcaption>
        <b>${name}</b>
        <small>AP ${formatPercent(averagePrecision)}, AUC ${formatPercent(rocAuc)}</small>
      </figcaption>
      <svg
        viewBox="0 0 ${2 * WIDTH} ${TOP + SIDE + BOTTOM}"
        role="img"
        aria-label="Precision-recall and ROC curve of ${name}"
      >
        ${smallChart(stepsOf(precisionRecall), 0, ['recall', 'precision'])}
        ${smallChart(roc, WIDTH, ['false positive rate', 'true positive rate'])}
      </svg>
    </figure>
  `;
}

/** Renders the curves of the classes that have some, lowest average precision first. */
export function classCurvesSection(
  curves: readonly ClassCurves[],
  classes: readonly string[],
): Html {
  const shown = classes
    .map((name, i) => ({name, curves: curves[i]!}))
    .filter(each => each.curves.precisionRecall !== undefined)
    .sort((a, b) => a.curves.averagePrecision! - b.curves.averagePrecision!);
  const which =
    shown.length < classes.length
      ? `The ${formatCount(shown.length, 'class', 'classes')} of the lowest average precision (AP)`
      : 'Every class, the lowest average precision (AP) first';
  return html`
    <p>
      ${which}, each against all others, on the validation images, as the threshold for an answer
      falls. Left: precision over recall. Right: the ROC curve, the share of images of the class
      that are found over the share of other images that are taken for it; the area under it (AUC)
      is 50&nbsp;% for guessing.
    </p>
    <div class="curve-gallery">${shown.map(each => classFigure(each.name, each.curves))}</div>
  `;
}
