import {html, type Html} from '../html.js';
import {commandBox} from '../run-details.js';

/** Renders the names of images to copy into a file for `--exclude`. */
export const excludeList = (images: readonly {readonly name: string}[]): Html => html`
  <details class="names">
    <summary>Names to copy, for --exclude</summary>
    <p class="quiet">
      Keep the names of images that are labeled wrongly or belong to no class, one a line, in a
      file. Train with <code>--exclude FILE</code>. An image that is only hard should stay.
    </p>
    ${commandBox(images.map(({name}) => name).join('\n'))}
  </details>
`;
