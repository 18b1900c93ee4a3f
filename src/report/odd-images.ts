import {html, type Html} from './html.js';
import {figure} from './picture.js';
import type {OddImage} from './run-record.js';

const card = (image: OddImage): Html =>
  figure(image, html`<b>${image.suggested ?? 'unlike all others'}</b> <small>is in ${image.className}</small>`);

/** Images whose labels all the others speak against, then those that are unlike all others. */
export const oddSection = (images: readonly OddImage[]): Html => html`
  <p>
    By the features of the frozen backbone, each image judged by all the others: under the picture is the class that it looks like. Wrong
    labels are among them, and pictures that are hard or show two classes.
  </p>
  <div class="gallery">${images.map(card)}</div>
`;
