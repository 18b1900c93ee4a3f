import {formatCount} from '../../core/text/format-count.js';
import type {ClassCurves, CurvePoint} from '../../training/metrics/class-curves.js';
import {coordinate, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';

/** Side of a small chart, and the space between two, in pixels at full size. */
const [SIDE, GAP] = [100, 24];

const place = ([x, y]: CurvePoint): string => `${coordinate(SIDE * x)},${coordinate(SIDE * (1 - y))}`; // prettier-ignore

/** Precision as steps: between two recalls it is that of the higher one. */
const stepsOf = (points: readonly CurvePoint[]): CurvePoint[] =>
  points.flatMap(([recall, precision], i) => [
    [points[i - 1]?.[0] ?? 0, precision],
    [recall, precision],
  ]);

function smallChart(
  points: readonly CurvePoint[],
  left: number,
  [xName, yName]: readonly [string, string],
): Html {
  return html`
    <g transform="translate(${left} 14)">
      <rect class="phase other" width="${SIDE}" height="${SIDE}" />
      <text class="tick" x="0" y="-4">${yName}</text>
      <text class="tick" x="${SIDE}" y="${SIDE + 14}" text-anchor="end">${xName}</text>
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
        viewBox="0 0 ${2 * SIDE + GAP} ${SIDE + 32}"
        role="img"
        aria-label="Precision-recall and ROC curve of ${name}"
      >
        ${smallChart(stepsOf(precisionRecall), 0, ['recall', 'precision'])}
        ${smallChart(roc, SIDE + GAP, ['false alarms', 'found'])}
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
      ${which}, each against all others, on the validation images. Left: how many of the answers are
      right, the more of the class are found. Right: how many are found, the more others are taken
      for it (ROC); the area under it (AUC) is 50&nbsp;% for guessing.
    </p>
    <div class="curve-gallery">${shown.map(each => classFigure(each.name, each.curves))}</div>
  `;
}
