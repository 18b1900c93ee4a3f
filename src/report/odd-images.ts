import {html, type Html} from './html.js';
import type {OddImage} from './run-record.js';

/** An address on the network would make the page load something, and tell somebody that it was read. */
const picture = ({thumbnail, name}: OddImage): Html =>
  thumbnail?.startsWith('data:image/') ? html`<img src="${thumbnail}" alt="${name}" />` : html`<div class="no-picture">${name}</div>`;

const card = (image: OddImage): Html => html`
  <figure class="mistake">
    ${picture(image)}
    <figcaption title="${image.name}">
      <b>${image.suggested ?? 'unlike all others'}</b>
      <small>is in ${image.className}</small>
    </figcaption>
  </figure>
`;

/** Images whose labels all the others speak against, then those that are unlike all others. */
export const oddSection = (images: readonly OddImage[]): Html => html`
  <p>
    By the features of the frozen backbone, each image judged by all the others: under the picture is the class that it looks like. Wrong
    labels are among them, and pictures that are hard or show two classes.
  </p>
  <div class="gallery">${images.map(card)}</div>
`;
