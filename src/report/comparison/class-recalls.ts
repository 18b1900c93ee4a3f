import {sortableHeading} from '../class-table.js';
import {formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {scrollable} from '../page.js';
import {formatPoints} from '../study/verdict.js';
import {findBest} from './comparison-text.js';
import type {RunComparison} from './run-comparison.js';

/** Recalls of a class; a class without images has none. */
interface ClassRecalls {
  readonly name: string;
  readonly images: number;
  /** In the order of the runs. */
  readonly recalls: readonly (number | null)[];
  readonly ofBest: number | null;
}

const difference = (recall: number | null, ofBest: number | null): number =>
  recall === null || ofBest === null ? 0 : recall - ofBest;

/** Classes, the largest difference of any run from the best one first. */
function recallsOf(comparison: RunComparison): ClassRecalls[] {
  const {classes, runs} = comparison;
  const best = findBest(comparison);
  const all = classes.map(name => ({
    name,
    images: best.metrics.perClass[name]?.support ?? 0,
    recalls: runs.map(({metrics}) => metrics.perClass[name]?.recall ?? null),
    ofBest: best.metrics.perClass[name]?.recall ?? null,
  }));
  const largest = ({recalls, ofBest}: ClassRecalls): number =>
    Math.max(...recalls.map(recall => Math.abs(difference(recall, ofBest))));
  return all.sort((a, b) => largest(b) - largest(a));
}

const cell = (recall: number | null, ofBest: number | null, isBest: boolean): Html => {
  const change = difference(recall, ofBest);
  return html`<td class="number" data-value="${recall ?? ''}">
    ${formatPercent(recall)}
    ${!isBest && recall !== null && ofBest !== null && html`<small class="${change < 0 ? 'less' : change > 0 ? 'more' : ''}">${formatPoints(change)}</small>`}
  </td>`;
};

/** Renders the recall of each class by each run, with the difference from the best run in points. */
export function classRecalls(comparison: RunComparison): Html {
  const {runs, best} = comparison;
  return html`
    <p class="quiet">
      Each run on its own validation images. Below, the difference from ${best} in points. The
      largest differences are first.
    </p>
    ${scrollable(
      'Recall of each class',
      html`<table class="classes recalls" data-sortable>
        <thead>
          <tr>
            ${sortableHeading('Class', 'name of the folder')}
            ${sortableHeading('Images', `validation images of this class in ${best}`)}
            ${runs.map(({name}) => sortableHeading(name, `recall of ${name}`))}
          </tr>
        </thead>
        <tbody>
          ${recallsOf(comparison).map(
            ({name, images, recalls, ofBest}) =>
              html`<tr>
                <th scope="row" data-value="${name}">${name}</th>
                <td class="number" data-value="${images}">${images}</td>
                ${recalls.map((recall, i) => cell(recall, ofBest, runs[i]!.name === best))}
              </tr>`,
          )}
        </tbody>
      </table>`,
      'tall',
    )}
  `;
}
