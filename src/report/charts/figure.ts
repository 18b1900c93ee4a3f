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

/**
 * Renders an image with a caption below.
 * @param group name of the images that it belongs to; a link to it marks all of them
 * @param isFirst whether it is the first image of its group
 */
export const figure = (
  image: FigureImage,
  caption: Html,
  {group, isFirst = false}: {readonly group?: string; readonly isFirst?: boolean} = {},
): Html => html`
  <figure
    class="mistake"
    ${group !== undefined && html`data-group="${group}"`}
    ${group !== undefined && isFirst && html`id="${group}"`}
  >
    ${hasThumbnail(image) ? html`<img src="${image.thumbnail}" alt="${image.name}" />` : html`<div class="no-image">${image.name}</div>`}
    <figcaption>${caption} <small class="file">${image.name}</small></figcaption>
  </figure>
`;
