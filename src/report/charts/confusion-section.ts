import type {Metrics} from '../../training/metrics/metrics.js';
import {cellsOf, renderConfusionMatrix, type Cell} from './confusion-matrix.js';
import {formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {scrollable} from '../page.js';

const MAX_PAIRS = 10;

function worstPairs(counts: Metrics['confusionMatrix'], classes: readonly string[]): Html {
  const wrong = cellsOf(counts).filter(({truth, prediction}) => truth !== prediction);
  const worst = wrong
    .sort((a, b) => b.count - a.count || b.fraction - a.fraction)
    .slice(0, MAX_PAIRS);
  if (worst.length === 0) return html`<p>Not one image was taken for another class.</p>`;
  const row = ({truth, prediction, count, fraction}: Cell): Html => html`
    <tr>
      <td>${classes[truth]!}</td>
      <td>${classes[prediction]!}</td>
      <td class="number">${count}<small>${formatPercent(fraction, 0)}</small></td>
    </tr>
  `;
  return html`
    <table class="pairs">
      <thead>
        <tr>
          <th>Most often, this</th>
          <th>is taken for</th>
          <th class="number">Images</th>
        </tr>
      </thead>
      <tbody>
        ${worst.map(row)}
      </tbody>
    </table>
  `;
}

/** Renders the matrix and the most confused pairs, which are hard to find in a large matrix. */
export const confusionSection = (
  {confusionMatrix: counts}: Metrics,
  classes: readonly string[],
): Html => html`
  <p class="quiet">
    A row is a true class, a column what it was taken for; the stronger the color, the larger the
    share of the row.
  </p>
  <div class="confusion ${classes.length > 12 ? 'wide' : 'narrow'}">
    <div>${scrollable('Confusion matrix', renderConfusionMatrix(counts, classes))}</div>
    ${worstPairs(counts, classes)}
  </div>
`;
