import {formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {scrollable} from '../page.js';
import {shownImage} from '../charts/figure.js';
import type {CorrectImage} from '../run-record.js';

/** Most images that are shown at full height. */
const MAX_UNSCROLLED = 60;

const renderFigure = (image: CorrectImage): Html => html`
  <figure>
    ${shownImage(image)}
    <figcaption>
      <b>${image.className}</b> <small>${formatPercent(image.confidence, 0)}</small>
    </figcaption>
  </figure>
`;

/** Renders where the evidence lies in one image of each class that is classified correctly; nothing without activation maps. */
export function activationSection(images: readonly CorrectImage[] = []): Html | undefined {
  const explained = images.filter(({activation}) => activation !== undefined);
  if (explained.length === 0) return undefined;
  const figures = html`<div class="hits">${explained.map(renderFigure)}</div>`;
  return html`
    <p>
      The image of each class that it is surest of, and is right about. The brighter a place, from
      dark blue to yellow, the more of the class is found there, by the network&#39;s own head. If
      that is the background, a frame or a mark, the images have something in common besides the
      class. The map shows where the evidence is, not why.
    </p>
    ${explained.length > MAX_UNSCROLLED ? scrollable('Activation maps', figures, 'tall') : figures}
  `;
}
