import {formatCount} from '../core/text/format-count.js';
import {html, type Html} from './html.js';
import {figure} from './charts/figure.js';
import type {SuspiciousImage} from './run-record.js';
import {excludeList} from './sections/exclude-list.js';

const renderFigure = (image: SuspiciousImage): Html =>
  figure(
    image,
    html`<b>${image.suggested ?? 'unlike all others'}</b>
      <small
        >labeled
        ${image.className}${image.margin !== undefined && `, margin ${image.margin.toFixed(2)}`}</small
      >`,
  );

/**
 * Renders possible label errors, then outliers.
 * @param misclassified names of images that the page already shows
 */
export function suspiciousImagesSection(
  images: readonly SuspiciousImage[],
  misclassified: ReadonlySet<string>,
): Html {
  const others = images.filter(({name}) => !misclassified.has(name));
  const numAmongMisclassified = images.length - others.length;
  return html`
    <p>
      By the features of the frozen backbone, each image judged by all the others: under the image
      is the class that it looks like. Wrong labels are among them, and images that are hard or show
      two classes.
    </p>
    ${numAmongMisclassified > 0 && html`<p>${formatCount(numAmongMisclassified, 'more image')} of this kind ${numAmongMisclassified === 1 ? 'is' : 'are'} among the mistakes above.</p>`}
    <div class="gallery">${others.map(renderFigure)}</div>
    ${excludeList(images)}
  `;
}
