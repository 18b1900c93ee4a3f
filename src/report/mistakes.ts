import {percent, plural} from './format.js';
import {html, type Html} from './html.js';
import {figure} from './picture.js';
import type {Mistake} from './run-record.js';

const MOST_SHOWN = 48;

const card = (mistake: Mistake): Html =>
  figure(
    mistake,
    html`said <b>${mistake.prediction}</b>, <span class="number">${percent(mistake.confidence, 0)}</span>
      <small>labeled ${mistake.truth}</small>`,
  );

/** Those that are shown. */
export const mostConfident = (mistakes: readonly Mistake[]): readonly Mistake[] =>
  [...mistakes].sort((a, b) => b.confidence - a.confidence).slice(0, MOST_SHOWN);

/**
 * The most confident mistakes first: these are often wrong labels, or pictures of two things.
 * @param total mistakes that were made; `mistakes` may be the most confident of them
 */
export function mistakesSection(mistakes: readonly Mistake[], total: number): Html {
  if (total === 0) return html`<p>There are none.</p>`;
  const surest = mostConfident(mistakes);
  const shown = surest.length < total ? `The ${surest.length} most confident of ${plural(total, 'mistake')}` : plural(total, 'mistake');
  return html`
    <p>
      ${shown} on the validation images, the most confident first. Look at them before training longer: many turn out to be wrong labels, or
      pictures that show two classes.
    </p>
    <div class="gallery">${surest.map(card)}</div>
  `;
}
