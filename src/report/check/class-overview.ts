import {formatInteger} from '../../core/text/format-count.js';
import {hasThumbnail} from '../charts/figure.js';
import {html, type Html} from '../html.js';

/** A class of a dataset. */
export interface ClassView {
  readonly name: string;
  /** Number of images by split. */
  readonly counts: Readonly<Record<string, number>>;
  /** Names of a few of its images. */
  readonly samples: readonly string[];
}

const total = ({counts}: ClassView): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Renders a class per row: its name, a bar of its number of images, and a few of them. */
export function classOverview(
  classes: readonly ClassView[],
  thumbnails: ReadonlyMap<string, string>,
): Html {
  const largest = Math.max(1, ...classes.map(total));
  const row = (view: ClassView): Html => {
    const {name, counts, samples} = view;
    const splits = Object.entries(counts);
    const shown = samples
      .map(sample => ({name: sample, thumbnail: thumbnails.get(sample)}))
      .filter(hasThumbnail);
    return html`<li>
      <div class="class-name">
        <b>${name}</b>
        <small
          >${splits.map(([split, count]) => `${formatInteger(count)} ${split}`).join(', ')}</small
        >
        <div class="class-bar">
          <span style="width: ${((100 * total(view)) / largest).toFixed(1)}%"></span>
        </div>
      </div>
      <div class="class-samples">
        ${shown.map(({name: alt, thumbnail}) => html`<img src="${thumbnail}" alt="${alt}" />`)}
      </div>
    </li>`;
  };
  return html`<ul class="class-rows">
    ${classes.map(row)}
  </ul>`;
}
