import type {RunEvent} from '../finetune/events.js';
import {count, duration, plural} from '../report/format.js';

type Features = Extract<RunEvent, {readonly type: 'features'}>;

/** `735 views (245 images x 3)`: every training image as it is, and augmented. */
function training(images: number, rows: number): string {
  const views = rows / images;
  if (views === 1) return plural(images, 'training image');
  return `${count(rows)} views (${plural(images, 'image')}${Number.isInteger(views) ? ` x ${views}` : ''})`;
}

/** What went through the frozen layers, once, before the training that starts behind them. */
export function featureSentence({images, rows, reused, seconds}: Features): string {
  const parts = [
    ...(rows.train > 0 ? [training(images.train, rows.train)] : []),
    ...(rows.validation > 0 ? [plural(rows.validation, 'validation image')] : []),
  ].join(' and ');
  if (reused === 'all') return `reusing cached features: ${parts}`;
  return `${parts} through the frozen layers, ${duration(seconds)}${reused === 'some' ? '; the others were cached' : ''}`;
}
