import type {ImageCache} from '../datasets/cache/image-cache.js';
import type {Sample} from '../datasets/sample.js';
import {createThumbnail} from '../datasets/images/thumbnail.js';

/** Thumbnail for the report, or nothing if the image can no longer be read. A missing image must not end a run. */
export async function thumbnailIfReadable(
  cache: ImageCache,
  sample: Sample,
  size?: number,
): Promise<{readonly thumbnail?: string}> {
  try {
    return {thumbnail: await createThumbnail(await cache.image(sample), size)};
  } catch {
    return {};
  }
}
