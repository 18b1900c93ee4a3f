import {percent, plural} from './format.js';
import {html, type Html} from './html.js';
import {figure} from './picture.js';
import type {Mistake} from './run-record.js';

const MOST_SHOWN = 48;

const card = (mistake: Mistake): Html =>
  figure(
    mistake,
    html`<b>${mistake.prediction}</b> <span class="number">${percent(mistake.confidence, 0)}</span> <small>is ${mistake.truth}</small>`,
  );

/**
 * The surest mistakes first: these are often wrong labels, or pictures of two things.
 * @param total mistakes that were made; `mistakes` may be the surest of them
 */
export function mistakesSection(mistakes: readonly Mistake[], total: number): Html {
  if (total === 0) return html`<p>There are none.</p>`;
  const surest = [...mistakes].sort((a, b) => b.confidence - a.confidence).slice(0, MOST_SHOWN);
  const shown = surest.length < total ? `The ${surest.length} surest of ${plural(total, 'mistake')}` : plural(total, 'mistake');
  return html`
    <p>
      ${shown} on the validation images, the surest first. Look at them before training longer: many turn out to be wrong labels, or
      pictures that show two classes.
    </p>
    <div class="gallery">${surest.map(card)}</div>
  `;
}
