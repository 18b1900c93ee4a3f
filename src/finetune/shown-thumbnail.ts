import type {ImageCache} from '../datasets/image-cache.js';
import type {Sample} from '../datasets/image-folder.js';
import {thumbnail} from '../datasets/thumbnail.js';

/** A picture for the report, which does without the picture of an image that is gone: no training ends for want of one. */
export async function shownThumbnail(cache: ImageCache, sample: Sample): Promise<{readonly thumbnail?: string}> {
  try {
    return {thumbnail: await thumbnail(await cache.image(sample))};
  } catch {
    return {};
  }
}
