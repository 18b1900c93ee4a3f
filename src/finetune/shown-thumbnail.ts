import type {ImageCache} from '../datasets/image-cache.js';
import type {Sample} from '../datasets/image-folder.js';
import {createThumbnail} from '../datasets/thumbnail.js';

/** A picture for the report, which does without the picture of an image that is gone: no training ends for want of one. */
export async function thumbnailIfReadable(cache: ImageCache, sample: Sample): Promise<{readonly thumbnail?: string}> {
  try {
    return {thumbnail: await createThumbnail(await cache.image(sample))};
  } catch {
    return {};
  }
}
