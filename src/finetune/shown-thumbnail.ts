import type {ImageCache} from '../datasets/cache/image-cache.js';
import type {Sample} from '../datasets/sample.js';
import {createThumbnail} from '../datasets/images/thumbnail.js';

/** An image for the report, which does without the image of an image that is gone: no training ends for want of one. */
export async function thumbnailIfReadable(
  cache: ImageCache,
  sample: Sample,
): Promise<{readonly thumbnail?: string}> {
  try {
    return {thumbnail: await createThumbnail(await cache.image(sample))};
  } catch {
    return {};
  }
}
