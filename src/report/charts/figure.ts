import {html, type Html} from '../html.js';

/** An image of a page. */
export interface FigureImage {
  readonly name: string;
  /** A `data:image/...` address; anything else is not shown. */
  readonly thumbnail?: string | undefined;
}

/** An address on the network would make the page load something, and tell somebody that it was read. */
export const hasThumbnail = ({thumbnail}: FigureImage): boolean =>
  thumbnail?.startsWith('data:image/') === true;

/** An image with what is to be said of it below. */
export const figure = (image: FigureImage, caption: Html): Html => html`
  <figure class="mistake">
    ${hasThumbnail(image) ? html`<img src="${image.thumbnail}" alt="${image.name}" />` : html`<div class="no-image">${image.name}</div>`}
    <figcaption>${caption} <small class="file">${image.name}</small></figcaption>
  </figure>
`;
