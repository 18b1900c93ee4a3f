import {html, type Html} from './html.js';

/** A picture of a page. */
export interface Pictured {
  readonly name: string;
  /** A `data:image/...` address; anything else is not shown. */
  readonly thumbnail?: string | undefined;
}

/** An address on the network would make the page load something, and tell somebody that it was read. */
export const isShown = ({thumbnail}: Pictured): boolean => thumbnail?.startsWith('data:image/') === true;

/** A picture with what is to be said of it below. */
export const figure = (pictured: Pictured, caption: Html): Html => html`
  <figure class="mistake">
    ${isShown(pictured) ? html`<img src="${pictured.thumbnail}" alt="${pictured.name}" />` : html`<div class="no-picture">${pictured.name}</div>`}
    <figcaption>${caption} <small class="file">${pictured.name}</small></figcaption>
  </figure>
`;
