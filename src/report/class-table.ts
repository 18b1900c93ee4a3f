import type {ClassCurves} from '../training/metrics/class-curves.js';
import type {ClassMetrics, Metrics} from '../training/metrics/metrics.js';
import {formatCount} from '../core/text/format-count.js';
import {formatPercent} from './format.js';
import {html, type Html} from './html.js';
import {scrollable} from './page.js';

const COLUMNS = [
  {
    title: 'Precision',
    key: 'precision',
    about: 'of the images taken for this class, the share that is',
  },
  {title: 'Recall', key: 'recall', about: 'of the images of this class, the share that was found'},
  {title: 'F1', key: 'f1', about: 'harmonic mean of precision and recall'},
] as const satisfies readonly {title: string; key: keyof ClassMetrics; about: string}[];

/** Renders a sortable column heading. The script sorts by `data-value`; undefined values come last. */
export const sortableHeading = (
  title: string,
  about: string,
  sort: 'ascending' | 'none' = 'none',
): Html =>
  html`<th aria-sort="${sort}" ${title !== 'Class' && html`class="number"`}>
    <button type="button" title="${about}">${title}</button>
  </th>`;

const fractionCell = (value: number | null): Html =>
  html`<td
    class="number share"
    data-value="${value ?? ''}"
    style="--share:${(100 * (value ?? 0)).toFixed(1)}%"
  >
    ${formatPercent(value)}
  </td>`;

const CURVE_COLUMNS = [
  {
    title: 'AP',
    key: 'averagePrecision',
    about: 'average precision over all thresholds, on the validation images',
  },
  {
    title: 'AUC',
    key: 'rocAuc',
    about: 'area under the ROC curve, on the validation images',
  },
] as const satisfies readonly {title: string; key: keyof ClassCurves; about: string}[];

const row = (name: string, metrics: ClassMetrics, curves: ClassCurves | undefined): Html => html`
  <tr>
    <th scope="row" data-value="${name}">${name}</th>
    <td class="number" data-value="${metrics.support}">${metrics.support}</td>
    ${COLUMNS.map(({key}) => fractionCell(metrics[key]))}
    ${curves !== undefined && CURVE_COLUMNS.map(({key}) => fractionCell(curves[key]))}
  </tr>
`;

/** Renders one row per class, weakest first. Clicking a column heading sorts by it. */
export function classTable(
  {perClass}: Metrics,
  classes: readonly string[],
  curves?: readonly ClassCurves[],
): Html {
  const curvesOf = new Map(curves?.map((each, i) => [classes[i]!, each]));
  const weakestFirst = [...classes].sort((a, b) => (perClass[a]!.f1 ?? 2) - (perClass[b]!.f1 ?? 2));
  return html`<p class="quiet">
      ${formatCount(classes.length, 'class', 'classes')}, the lowest F1 first.
    </p>
    ${scrollable(
      'Metrics of each class',
      html`<table class="classes" data-sortable>
        <thead>
          <tr>
            ${sortableHeading('Class', 'name of the folder')}
            ${sortableHeading('Images', 'images of this class')}
            ${COLUMNS.map(({title, about}) => sortableHeading(title, about, title === 'F1' ? 'ascending' : 'none'))}
            ${curves !== undefined && CURVE_COLUMNS.map(({title, about}) => sortableHeading(title, about))}
          </tr>
        </thead>
        <tbody>
          ${weakestFirst.map(name => row(name, perClass[name]!, curvesOf.get(name)))}
        </tbody>
      </table>`,
      'tall',
    )}`;
}
