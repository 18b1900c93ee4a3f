import type {RunEvent} from '../../finetune/events.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {formatDuration} from '../../report/format.js';

type FeaturesEvent = Extract<RunEvent, {readonly type: 'features'}>;

/** `735 views (245 images x 3)`: every training image unaugmented and augmented. */
function formatTrainingViews(images: number, rows: number): string {
  const views = rows / images;
  if (views === 1) return formatCount(images, 'training image');
  return `${formatInteger(rows)} views (${formatCount(images, 'image')}${Number.isInteger(views) ? ` x ${views}` : ''})`;
}

/** Describes the images whose features the frozen layers computed before training. */
export function formatFeatures({images, rows, reused, seconds}: FeaturesEvent): string {
  const counts = [
    ...(rows.train > 0 ? [formatTrainingViews(images.train, rows.train)] : []),
    ...(rows.validation > 0 ? [formatCount(rows.validation, 'validation image')] : []),
  ].join(' and ');
  if (reused === 'all') return `reusing cached features: ${counts}`;
  return `${counts} through the frozen layers, ${formatDuration(seconds)}${reused === 'some' ? '; the others were cached' : ''}`;
}
