import {mkdir} from 'node:fs/promises';
import {mapConcurrently} from '../../../core/async.js';
import {throwIfAborted, UsageError} from '../../../core/errors.js';
import {describeSystemError} from '../../../core/files/system-error.js';
import {drawOverlay} from '../../../datasets/activation-maps/heat-map.js';
import {describeDecodeError, ImageError} from '../../../datasets/images/image-error.js';
import type {ExportedModel} from '../../../export/exported-model.js';
import {UnreadableImageError} from '../../../export/read-pixels.js';
import type {CommandContext} from '../../command.js';
import type {ClassifiedImage} from '../../terminal/format-predictions.js';
import {ProgressLine} from '../../terminal/screen/progress-line.js';
import type {ClassifiedInput} from './classify-images.js';
import {explanationName} from './explanation-name.js';
import {contentOf, placeFile} from './place-file.js';

/** Images that are drawn before they are written. */
const BATCH_SIZE = 16;
/** Images that are decoded at once. */
const CONCURRENCY = 4;

/** Images with the path of what was written, and those that could not be read again. */
export interface ExplainResults {
  readonly explained: readonly ClassifiedImage[];
  readonly unreadable: readonly UnreadableImageError[];
}

/** Creates the folder of `--explain`, so that a wrong one is found before images are classified. @throws UsageError (exit 2) */
export async function createExplainFolder(destination: string): Promise<void> {
  await mkdir(destination, {recursive: true}).catch((error: unknown) => {
    throw new UsageError(
      `The folder ${destination} cannot be created (--explain): ${describeSystemError(error)}. Choose another one.`,
    );
  });
}

/** Writes images into a folder, each with the activation map of its most likely class over it. */
export class ImageExplainer {
  /** @param destination a folder that exists */
  constructor(
    private readonly destination: string,
    private readonly model: ExportedModel,
    private readonly context: CommandContext,
  ) {}

  /** @throws UsageError (exit 2) if a file cannot be written; AbortedError */
  async add(classified: readonly ClassifiedInput[]): Promise<ExplainResults> {
    const {terminal, signal} = this.context;
    const progress = new ProgressLine(terminal);
    const explained: ClassifiedImage[] = [];
    const unreadable: UnreadableImageError[] = [];
    for (let start = 0; start < classified.length; start += BATCH_SIZE) {
      throwIfAborted(signal);
      const batch = classified.slice(start, start + BATCH_SIZE);
      const drawings = await mapConcurrently(batch, CONCURRENCY, image => this.#draw(image));
      for (const [i, image] of batch.entries()) {
        const drawing = drawings[i]!;
        if (drawing instanceof UnreadableImageError) {
          unreadable.push(drawing);
          explained.push(image);
        } else explained.push({...image, explanation: await this.#write(image, drawing)});
      }
      const done = Math.min(start + BATCH_SIZE, classified.length);
      progress.update({title: 'explaining', done, total: classified.length, unit: 'images'});
    }
    progress.end();
    return {explained, unreadable};
  }

  /** An image that was removed since it was classified must not stop the others. */
  async #draw({
    image,
    source,
    predictions,
  }: ClassifiedInput): Promise<Buffer | UnreadableImageError> {
    try {
      const {className} = predictions[0]!;
      const {maps, ...size} = await this.model.explain(source, {className});
      return await drawOverlay(source, size, maps);
    } catch (error) {
      if (error instanceof UnreadableImageError) return error;
      if (!(error instanceof ImageError)) throw error;
      const reason = describeDecodeError(error);
      return new UnreadableImageError({image, reason, index: 0, cause: error});
    }
  }

  async #write(image: ClassifiedImage, drawing: Buffer): Promise<string> {
    const name = {stem: explanationName(image), extension: '.jpg'};
    try {
      return await placeFile(this.destination, name, contentOf(drawing));
    } catch (error) {
      throw new UsageError(
        `${name.stem}.jpg cannot be written to ${this.destination} (--explain): ${describeSystemError(error)}. Choose another folder.`,
      );
    }
  }
}
