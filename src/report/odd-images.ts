import {plural} from './format.js';
import {html, type Html} from './html.js';
import {figure} from './picture.js';
import type {OddImage} from './run-record.js';

const card = (image: OddImage): Html =>
  figure(
    image,
    html`<b>${image.suggested ?? 'unlike all others'}</b>
      <small>labeled ${image.className}${image.doubt !== undefined && `, doubt ${image.doubt.toFixed(2)}`}</small>`,
  );

/**
 * Images whose labels all the others speak against, then those that are unlike all others.
 * @param mistakes names of images that are shown already
 */
export function oddSection(images: readonly OddImage[], mistakes: ReadonlySet<string>): Html {
  const others = images.filter(({name}) => !mistakes.has(name));
  const among = images.length - others.length;
  return html`
    <p>
      By the features of the frozen backbone, each image judged by all the others: under the picture is the class that it looks like. Wrong
      labels are among them, and pictures that are hard or show two classes.
    </p>
    ${among > 0 && html`<p>${plural(among, 'more image')} of this kind ${among === 1 ? 'is' : 'are'} among the mistakes above.</p>`}
    <div class="gallery">${others.map(card)}</div>
  `;
}
