import {formatPathList} from '../../core/files/path-list.js';
import {html, type Html} from '../html.js';

/** Renders the names of images to copy into a file for `--exclude`. */
export const excludeList = (images: readonly {readonly name: string}[]): Html => html`
  <details class="names">
    <summary>Names to copy, for --exclude</summary>
    <p class="quiet">
      Keep the names of images that are labeled wrongly or belong to no class, one a line, in a
      file. Train with <code>--exclude FILE</code>. An image that is only hard should stay.
    </p>
    <div class="command">
      <pre><code>${formatPathList(images.map(({name}) => name))}</code></pre>
      <button type="button" data-copy hidden>Copy</button>
    </div>
  </details>
`;
