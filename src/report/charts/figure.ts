import {html, type Html} from '../html.js';

/** An image on a page. */
export interface FigureImage {
  readonly name: string;
  /** A `data:image/...` URL. Other URLs are not shown. */
  readonly thumbnail?: string | undefined;
}

/** Whether the image has an embedded thumbnail. A network URL would load something, and disclose that the page was read. */
export const hasThumbnail = ({thumbnail}: FigureImage): boolean =>
  thumbnail?.startsWith('data:image/') === true;

/** Renders an image with a caption below. */
export const figure = (image: FigureImage, caption: Html): Html => html`
  <figure class="mistake">
    ${hasThumbnail(image) ? html`<img src="${image.thumbnail}" alt="${image.name}" />` : html`<div class="no-image">${image.name}</div>`}
    <figcaption>${caption} <small class="file">${image.name}</small></figcaption>
  </figure>
`;
