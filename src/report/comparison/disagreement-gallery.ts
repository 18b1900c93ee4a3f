import {formatCount} from '../../core/text/format-count.js';
import {figure} from '../charts/figure.js';
import {formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {
  describeGroup,
  describeOtherGroups,
  groupDisagreements,
  MAX_DISAGREEMENT_GROUPS,
  type DisagreementGroup,
} from './comparison-text.js';
import type {Disagreement, RunComparison} from './run-comparison.js';

/** Number of images of each group that are shown. */
const MAX_IMAGES = 24;

const shownGroups = (comparison: RunComparison): DisagreementGroup[] =>
  groupDisagreements(comparison).slice(0, MAX_DISAGREEMENT_GROUPS);

/** The images that the page shows. */
export const shownImages = (comparison: RunComparison): Disagreement[] =>
  shownGroups(comparison).flatMap(({images}) => images.slice(0, MAX_IMAGES));

const renderImage = (
  {name, sha256, truth, answers}: Disagreement,
  {wrong}: DisagreementGroup,
  thumbnails: ReadonlyMap<string, string>,
): Html =>
  figure(
    {name, thumbnail: thumbnails.get(sha256)},
    html`${wrong.map(
        run =>
          html`<span class="answer-of"
            >${wrong.length > 1 && html`<small>${run}</small>`}said
            <b>${answers[run]!.prediction}</b>,
            <span class="number">${formatPercent(answers[run]!.confidence, 0)}</span></span
          >`,
      )} <small>labeled ${truth}</small>`,
  );

function renderGroup(group: DisagreementGroup, thumbnails: ReadonlyMap<string, string>): Html {
  const {images} = group;
  return html`
    <h3>${formatCount(images.length, 'image')}: ${describeGroup(group)}</h3>
    ${images.length > MAX_IMAGES && html`<p class="quiet">The ${MAX_IMAGES} with the most certain wrong answers.</p>`}
    <div class="gallery">
      ${images.slice(0, MAX_IMAGES).map(image => renderImage(image, group, thumbnails))}
    </div>
  `;
}

/**
 * Renders the images on which the runs disagree, grouped by the runs that are right.
 * @param thumbnails by the hash of the image
 */
export function disagreementGallery(
  comparison: RunComparison,
  thumbnails: ReadonlyMap<string, string>,
): Html {
  const groups = groupDisagreements(comparison);
  const others = groups
    .slice(MAX_DISAGREEMENT_GROUPS)
    .reduce((sum, {images}) => sum + images.length, 0);
  const lost = shownImages(comparison).filter(({sha256}) => !thumbnails.has(sha256)).length;
  if (groups.length === 0) return html`<p>There are none among the images that are in common.</p>`;
  return html`
    ${lost > 0 && html`<p class="quiet">${formatCount(lost, 'image')} can no longer be shown: no report has a thumbnail, and the file was moved or changed.</p>`}
    ${groups.slice(0, MAX_DISAGREEMENT_GROUPS).map(group => renderGroup(group, thumbnails))}
    ${others > 0 && html`<p class="quiet">${describeOtherGroups(others)} finetune compare --json lists all.</p>`}
  `;
}
