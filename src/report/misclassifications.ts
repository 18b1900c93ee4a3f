import {formatCount} from '../core/text/format-count.js';
import {formatPercent} from './format.js';
import {html, type Html} from './html.js';
import {figure} from './charts/figure.js';
import type {Misclassification} from './run-record.js';
import {excludeList} from './sections/exclude-list.js';

const MAX_SHOWN = 48;

const renderFigure = (
  misclassification: Misclassification,
  placement: {readonly group: string; readonly isFirst: boolean},
): Html =>
  figure(
    misclassification,
    html`said <b>${misclassification.prediction}</b>,
      <span class="number">${formatPercent(misclassification.confidence, 0)}</span>
      <small>labeled ${misclassification.truth}</small>`,
    placement,
  );

/** Finds the images of one class that were taken for another: each pair of classes has a name on the page. */
export function groupsOf(
  misclassifications: readonly Misclassification[],
): (truth: string, prediction: string) => string | undefined {
  const keys = mostConfident(misclassifications).map(({truth, prediction}) =>
    JSON.stringify([truth, prediction]),
  );
  const names = new Map([...new Set(keys)].map((key, i) => [key, `mistakes-${i + 1}`]));
  return (truth, prediction) => names.get(JSON.stringify([truth, prediction]));
}

/** The misclassifications that are shown. */
export const mostConfident = (
  misclassifications: readonly Misclassification[],
): readonly Misclassification[] =>
  [...misclassifications].sort((a, b) => b.confidence - a.confidence).slice(0, MAX_SHOWN);

/** Renders a switch that shows the activation maps of a section. The style sheet obeys it. */
const heatSwitch = (): Html => html`
  <label class="switch"
    ><input type="checkbox" value="heat" /> show where the evidence for each wrong answer is</label
  >
`;

/**
 * Renders the misclassifications, most confident first. These are often wrong labels, or images of two things.
 * @param total total number of misclassifications; `mistakes` may hold only the most confident ones
 */
export function misclassificationsSection(
  misclassifications: readonly Misclassification[],
  total: number,
): Html {
  if (total === 0) return html`<p>There are none.</p>`;
  const shownImages = mostConfident(misclassifications);
  const groupOf = groupsOf(misclassifications);
  const groups = shownImages.map(({truth, prediction}) => groupOf(truth, prediction)!);
  const shown =
    shownImages.length < total
      ? `The ${shownImages.length} most confident of ${formatCount(total, 'mistake')}`
      : formatCount(total, 'mistake');
  return html`
    <p>
      ${shown} on the validation images, the most confident first. Look at them before training
      longer: many turn out to be wrong labels, or images that show two classes.
    </p>
    ${shownImages.some(({activation}) => activation !== undefined) && heatSwitch()}
    <div class="gallery">
      ${shownImages.map((image, i) => renderFigure(image, {group: groups[i]!, isFirst: groups.indexOf(groups[i]!) === i}))}
    </div>
    ${excludeList(shownImages)}
  `;
}
