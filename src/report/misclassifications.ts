import {formatCount} from '../core/text/format-count.js';
import {formatPercent} from './format.js';
import {html, type Html} from './html.js';
import {figure} from './charts/figure.js';
import type {Misclassification} from './run-record.js';

const MAX_SHOWN = 48;

const renderFigure = (misclassification: Misclassification): Html =>
  figure(
    misclassification,
    html`said <b>${misclassification.prediction}</b>,
      <span class="number">${formatPercent(misclassification.confidence, 0)}</span>
      <small>labeled ${misclassification.truth}</small>`,
  );

/** The misclassifications that are shown. */
export const mostConfident = (
  misclassifications: readonly Misclassification[],
): readonly Misclassification[] =>
  [...misclassifications].sort((a, b) => b.confidence - a.confidence).slice(0, MAX_SHOWN);

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
  const shown =
    shownImages.length < total
      ? `The ${shownImages.length} most confident of ${formatCount(total, 'mistake')}`
      : formatCount(total, 'mistake');
  return html`
    <p>
      ${shown} on the validation images, the most confident first. Look at them before training
      longer: many turn out to be wrong labels, or images that show two classes.
    </p>
    <div class="gallery">${shownImages.map(renderFigure)}</div>
  `;
}
