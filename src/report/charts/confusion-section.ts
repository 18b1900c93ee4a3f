import type {Metrics} from '../../training/metrics/metrics.js';
import {cellsOf, MAX_NAMED_CLASSES, renderConfusionMatrix} from './confusion-matrix.js';
import type {Cell, CellLink} from './confusion-matrix.js';
import {orderBySimilarity} from './seriation.js';
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

/** Renders a switch between counts and percentages. The style sheet obeys it, so it needs no script. */
const numbersSwitch = (): Html => html`
  <fieldset class="switch">
    <legend class="quiet">Numbers in the cells</legend>
    <label><input type="radio" name="cells" value="count" checked /> images</label>
    <label><input type="radio" name="cells" value="percent" /> percent of the row</label>
  </fieldset>
`;

/**
 * Renders the matrix, and the most confused pairs, which are hard to find in a large matrix.
 * @param linkOf where the page shows the images of a cell
 */
export function confusionSection(
  {confusionMatrix}: Metrics,
  classes: readonly string[],
  linkOf?: CellLink,
): Html {
  const order = orderBySimilarity(confusionMatrix);
  const counts = order.map(truth => order.map(prediction => confusionMatrix[truth]![prediction]!));
  const names = order.map(index => classes[index]!);
  return html`
    <p class="quiet">
      A row is a true class, a column what it was taken for; the stronger the color, the larger the
      share of the row.
      ${classes.length > 2 && 'Classes that are confused stand next to each other.'}
      ${linkOf !== undefined && 'A cell leads to its images, where they are among the mistakes below.'}
    </p>
    <div class="confusion ${classes.length > 12 ? 'wide' : 'narrow'}">
      <div>
        ${classes.length <= MAX_NAMED_CLASSES && numbersSwitch()}
        ${scrollable('Confusion matrix', renderConfusionMatrix(counts, names, linkOf))}
      </div>
      ${worstPairs(confusionMatrix, classes)}
    </div>
  `;
}
