import type {ImageHeader} from '../images/image-header.js';
import type {ImageStats} from './image-stats.js';

/** The header of an image and the statistics of its pixels. */
export type ImageInfo = ImageStats & Omit<ImageHeader, 'isSimpleJpeg' | 'isStreamed'>;

/** The result of inspecting a file. */
export interface InspectedFile {
  /** sha256 of its bytes, in hex; undefined where it cannot be opened. */
  readonly hash?: string;
  /** Why it is unreadable. */
  readonly error?: string;
  /** Where it is readable. */
  readonly image?: ImageInfo;
}
