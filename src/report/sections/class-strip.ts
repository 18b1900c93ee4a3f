import {formatCount} from '../../core/text/format-count.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {hasThumbnail} from '../charts/figure.js';
import {formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {scrollable} from '../page.js';
import type {ClassExamples} from '../run-record.js';

function classCard(
  name: string,
  {train, images}: ClassExamples,
  {recall, support}: Metrics['perClass'][string],
): Html {
  const shown = images.filter(hasThumbnail);
  return html`
    <li>
      ${shown.length > 0 && html`<div class="examples">${shown.map(image => html`<img src="${image.thumbnail}" alt="${image.name}" title="${image.name}" loading="lazy" />`)}</div>`}
      <b>${name}</b>
      <small>${formatCount(train, 'image')} to train</small>
      <small>
        ${recall === null ? 'none evaluated' : `${Math.round(recall * support)} of ${support} found (${formatPercent(recall, 0)})`}
      </small>
    </li>
  `;
}

/** Most classes that are shown at full height. */
const MAX_UNSCROLLED = 40;

/** Renders what each class looks like, how many images train it, and how many of the evaluated ones are found. */
export function classStrip(
  examples: readonly ClassExamples[],
  classes: readonly string[],
  {perClass}: Metrics,
): Html {
  const list = html`
    <ul class="class-strip">
      ${classes.map((name, i) => classCard(name, examples[i]!, perClass[name]!))}
    </ul>
  `;
  return classes.length > MAX_UNSCROLLED ? scrollable('Images of each class', list, 'tall') : list;
}
