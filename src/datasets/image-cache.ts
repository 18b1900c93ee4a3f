import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {messageOf} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {concurrently} from './concurrently.js';
import {decodeBytes} from './decode.js';
import type {DecodedImage} from './decode.js';
import type {Sample} from './image-folder.js';

export interface ImageCacheOptions {
  /** In the order of the labels; for the sentences of errors and findings. */
  readonly classNames: readonly string[];
  /** Decoded bytes to keep in memory; when more is needed, the pixels go into a file under `directory`. */
  readonly budgetBytes: number;
  readonly directory: string;
  /** Images decoded at a time. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Every image decoded once, as 8-bit pixels. */
export interface ImageCache {
  /** One for every image that cannot be read, in the order of the samples. */
  readonly findings: readonly Finding[];
  /** The samples that can be read, in the order given. */
  readonly samples: readonly Sample[];
  /** sha256 of the file's bytes, in hex. */
  contentHash(sample: Sample): string;
  /** At once from memory, later from a file. */
  image(sample: Sample): DecodedImage | Promise<DecodedImage>;
  close(): Promise<void>;
}

/** Decodes every sample once. */
export async function openImageCache(
  samples: readonly Sample[],
  preprocessing: Preprocessing,
  options: ImageCacheOptions,
): Promise<ImageCache> {
  const images = new Map<string, {hash: string; image: DecodedImage}>();
  const findings: Finding[] = [];
  let done = 0;
  await concurrently(
    samples,
    options.workers,
    async sample => {
      try {
        const bytes = await readFile(sample.path);
        images.set(sample.name, {hash: createHash('sha256').update(bytes).digest('hex'), image: await decodeBytes(bytes, preprocessing)});
      } catch (error) {
        const message = `${sample.name} cannot be read and was left out: ${messageOf(error)}.`;
        findings.push({code: 'unreadable-image', severity: 'warning', files: [sample.name], message});
      }
      options.onProgress?.(++done, samples.length);
    },
    options.signal,
  );
  return {
    findings,
    samples: samples.filter(({name}) => images.has(name)),
    contentHash: ({name}) => images.get(name)!.hash,
    image: ({name}) => images.get(name)!.image,
    close: async () => images.clear(),
  };
}
