import {html, type Html} from '../html.js';

/** Renders a tick box that puts a file on the exclude list. @param line the file's line of the list. The page's script keeps boxes of one file the same. */
export const excludeBox = (line: string, isTicked: boolean): Html =>
  html`<label class="exclude"
    ><input type="checkbox" data-exclude="${line}" ${isTicked && html`checked`} /> exclude</label
  >`;

/** Renders the list of ticked files, to be copied. @param ticked lines of files that are ticked at first */
export const tickedFiles = (ticked: readonly string[]): Html =>
  html`<div id="exclude-list">
    <p>
      <span data-exclude-count>${ticked.length}</span> ticked. Tick images above, copy the list into
      <code>exclude.txt</code>, and train with <code>--exclude exclude.txt</code>.
    </p>
    <div class="command">
      <pre><code>${ticked.map(name => `${name}\n`).join('')}</code></pre>
      <button type="button" data-copy hidden>Copy</button>
    </div>
  </div>`;
