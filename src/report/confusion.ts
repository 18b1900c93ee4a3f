import type {Metrics} from '../training/metrics.js';
import {cellsOf, confusionMatrix, type Cell} from './confusion-matrix.js';
import {percent} from './format.js';
import {html, type Html} from './html.js';
import {scrolling} from './page.js';

const MOST_PAIRS = 10;

function worstPairs(confusion: Metrics['confusion'], classes: readonly string[]): Html {
  const wrong = cellsOf(confusion).filter(({truth, prediction}) => truth !== prediction);
  const worst = wrong.sort((a, b) => b.count - a.count || b.share - a.share).slice(0, MOST_PAIRS);
  if (worst.length === 0) return html`<p>Not one image was taken for another class.</p>`;
  const row = ({truth, prediction, count, share}: Cell): Html => html`
    <tr>
      <td>${classes[truth]!}</td>
      <td>${classes[prediction]!}</td>
      <td class="number">${count}<small>${percent(share, 0)}</small></td>
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

/** The matrix, and the pairs that matter, which a large matrix hides. */
export const confusionSection = ({confusion}: Metrics, classes: readonly string[]): Html => html`
  <p class="quiet">A row is a true class, a column what it was taken for; the stronger the colour, the larger the share of the row.</p>
  <div class="confusion ${classes.length > 12 ? 'wide' : 'narrow'}">
    <div>${scrolling('Confusion matrix', confusionMatrix(confusion, classes))}</div>
    ${worstPairs(confusion, classes)}
  </div>
`;
