import {inferenceBatchSize} from '../backbones/activation-bytes.js';
import type {BackboneSpec} from '../backbones/resnet-specs.js';
import {
  checkArgument,
  checkOptions,
  ABORT_SIGNAL,
  integerFrom,
  type ArgumentKind,
} from '../core/arguments.js';
import {defineError, UsageError, throwIfAborted} from '../core/errors.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {tf} from '../backend/tensorflow.js';
import type {InferenceModel} from '../heads/inference-model.js';
import {specOf, type ModelMetrics, type ModelRecord} from './record/model-record.js';
import {assertFinite, runNetwork} from './probabilities.js';
import type {ImageInput} from '../datasets/images/read-square.js';
import {toImageInput, type ImageSource} from './image-source.js';
import {readPixels} from './read-pixels.js';

/**
 * A class and how likely it is.
 *
 * @example
 * const [{className, probability}] = await model.classify('a.jpg');
 */
export interface Prediction {
  readonly className: string;
  /** 0..1; over all classes they sum to 1. */
  readonly probability: number;
}

/**
 * Of one image, likeliest first.
 *
 * @example
 * const [best, ...others]: Predictions = await model.classify('a.jpg');
 */
export type Predictions = [Prediction, ...Prediction[]];

/**
 * How many classes to tell, and what stops the work.
 *
 * @example
 * const options: ClassifyOptions = {top: 1, signal: AbortSignal.timeout(10_000)};
 * await model.classify('a.jpg', options);
 */
export interface ClassifyOptions {
  /** How many of the likeliest classes to tell; all unless given. */
  readonly top?: number;
  /** Looked at between batches. */
  readonly signal?: AbortSignal;
}

/** A classifier that was disposed is used. */
export class ModelDisposedError extends defineError(
  UsageError,
  'MODEL_DISPOSED',
  ({directory}: {directory: string}) =>
    `The model of ${directory} has been disposed. Load it again with loadModel().`,
) {}

const PIXELS: ArgumentKind = {
  expected: 'a Uint8Array of pixels',
  accepts: value => value instanceof Uint8Array,
};

/** Images decoded and run at a time, at most. */
const MAX_BATCH_SIZE = 32;

/**
 * An exported classifier, loaded by `loadModel`. Whoever loaded it disposes it.
 *
 * @example
 * const loaded = await loadModel('./pets-run');
 * const all = await loaded.classify(['a.jpg', 'b.jpg'], {top: 3});
 * loaded.dispose();
 */
export class ExportedModel {
  /** Index is the label. */
  readonly classNames: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly spec: BackboneSpec;
  /** What was measured before it was exported, where something was. */
  readonly metrics: ModelMetrics;
  readonly #network: InferenceModel;
  #isDisposed = false;

  /** Takes over the network. */
  constructor(
    readonly directory: string,
    readonly record: ModelRecord,
    network: InferenceModel,
  ) {
    this.classNames = record.classes;
    this.preprocessing = record.preprocessing;
    this.spec = specOf(record);
    this.metrics = record.metrics ?? {};
    this.#network = network;
  }

  /**
   * Classifies an image: a path, a `file:` URL, the bytes of an image file, or a Blob.
   * @returns the classes, likeliest first
   * @throws UnreadableImageError for what is no image; ArgumentError for what stands for none; ModelDisposedError; AbortedError
   */
  classify(image: ImageSource, options?: ClassifyOptions): Promise<Predictions>;
  /** Classifies images, many at a time; none to none. @throws as for one, for the first that cannot be read */
  classify(images: readonly ImageSource[], options?: ClassifyOptions): Promise<Predictions[]>;
  async classify(
    images: ImageSource | readonly ImageSource[],
    options?: ClassifyOptions,
  ): Promise<Predictions | Predictions[]> {
    checkOptions<ClassifyOptions>('classify()', options, {
      top: integerFrom(1),
      signal: ABORT_SIGNAL,
    });
    this.#assertNotDisposed();
    if (Array.isArray(images)) {
      const all = images as readonly ImageSource[];
      return this.#classifyAll(
        Array.from(all, (image, i) => toImageInput(image, `images[${i}]`)),
        options,
      );
    }
    const [predictions] = await this.#classifyAll([toImageInput(images, 'image')], options);
    return predictions!;
  }

  /**
   * @param images pixels, RGB, `[n, cropSize, cropSize, 3]`, resized and cropped as `preprocessing` says
   * @returns `[n, classes]`
   * @throws NotFiniteError
   */
  probabilities(images: Uint8Array): Float32Array {
    this.#assertNotDisposed();
    checkArgument('probabilities()', 'images', images, PIXELS);
    const {cropSize} = this.preprocessing;
    if (images.length === 0 || images.length % (cropSize * cropSize * 3) !== 0) {
      throw new UsageError(
        `${images.length} bytes are not the pixels of whole images. Give ${cropSize} x ${cropSize} x 3 bytes for each.`,
      );
    }
    return assertFinite(
      runNetwork(images, cropSize, pixels => tf.softmax(this.#network.logits(pixels))),
      this.directory,
    );
  }

  /** Frees what it holds. What is still being classified fails; a second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#network.dispose();
  }

  #assertNotDisposed(): void {
    if (this.#isDisposed) throw new ModelDisposedError({directory: this.directory});
  }

  async #classifyAll(
    images: readonly ImageInput[],
    {top = this.classNames.length, signal}: ClassifyOptions = {},
  ): Promise<Predictions[]> {
    const predictions: Predictions[] = [];
    const batchSize = inferenceBatchSize(this.spec, this.preprocessing.cropSize, MAX_BATCH_SIZE);
    for (let start = 0; start < images.length; start += batchSize) {
      throwIfAborted(signal);
      const pixels = await readPixels(
        images.slice(start, start + batchSize),
        this.preprocessing,
        start,
      );
      predictions.push(...this.#rank(this.probabilities(pixels), top));
    }
    return predictions;
  }

  /** Among equal probabilities the lower class index comes first, as in the metrics. */
  #rank(probabilities: Float32Array, top: number): Predictions[] {
    const classes = this.classNames.length;
    return Array.from({length: probabilities.length / classes}, (_, row) => {
      const all = this.classNames.map((className, i) => ({
        className,
        probability: probabilities[row * classes + i]!,
      }));
      const [best, ...others] = all.sort((a, b) => b.probability - a.probability);
      return [best!, ...others.slice(0, top - 1)] satisfies Predictions;
    });
  }
}
