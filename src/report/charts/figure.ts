import {html, type Html} from '../html.js';

/** Where the evidence for an answer lies in an image. */
export interface ActivationOverlay {
  /** A tiny transparent image as a `data:image/...` URL, to be stretched over what the network sees. Other URLs are not shown. */
  readonly image: string;
  /** Fraction of the thumbnail at each side that the network does not see. */
  readonly margin: number;
}

/** An image on a page. */
export interface FigureImage {
  readonly name: string;
  /** A `data:image/...` URL. Other URLs are not shown. */
  readonly thumbnail?: string | undefined;
  readonly activation?: ActivationOverlay;
}

/** Whether the image has an embedded thumbnail. A network URL would load something, and disclose that the page was read. */
export const hasThumbnail = ({thumbnail}: FigureImage): boolean =>
  thumbnail?.startsWith('data:image/') === true;

/** Renders a thumbnail with its activation map, which the style sheet shows where it is wanted. */
export const shownImage = (image: FigureImage): Html => {
  const {name, thumbnail, activation} = image;
  if (!hasThumbnail(image)) return html`<div class="no-image">${name}</div>`;
  const plain = html`<img src="${thumbnail}" alt="${name}" />`;
  if (activation === undefined || !activation.image.startsWith('data:image/')) return plain;
  return html`<div class="explained">
    ${plain}
    <div class="heat" style="inset:${(100 * activation.margin).toFixed(2)}%">
      <img src="${activation.image}" alt="" />
    </div>
  </div>`;
};

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
    ${shownImage(image)}
    <figcaption>${caption} <small class="file">${image.name}</small></figcaption>
  </figure>
`;
