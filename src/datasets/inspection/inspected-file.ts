import type {ImageHeader} from '../images/image-header.js';
import type {ImageStats} from './image-stats.js';

/** What the header and the pixels of a file tell. */
export type ImageInfo = ImageStats & Omit<ImageHeader, 'isSimpleJpeg' | 'isStreamed'>;

/** What a file is, as a check sees it. */
export interface InspectedFile {
  /** sha256 of its bytes, in hex; undefined where it cannot be opened. */
  readonly hash?: string;
  /** Why it cannot be used. */
  readonly error?: string;
  /** Where it can. */
  readonly image?: ImageInfo;
}
