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
 * A class and its probability.
 *
 * @example
 * const [{className, probability}] = await model.classify('a.jpg');
 */
export interface Prediction {
  readonly className: string;
  /** Probability 0..1. The probabilities of all classes sum to 1. */
  readonly probability: number;
}

/**
 * Predictions for one image, most likely first.
 *
 * @example
 * const [best, ...others]: Predictions = await model.classify('a.jpg');
 */
export type Predictions = [Prediction, ...Prediction[]];

/**
 * Options of `classify`.
 *
 * @example
 * const options: ClassifyOptions = {top: 1, signal: AbortSignal.timeout(10_000)};
 * await model.classify('a.jpg', options);
 */
export interface ClassifyOptions {
  /** Number of most likely classes to return. Default: all. */
  readonly top?: number;
  /** Abort signal, checked between batches. */
  readonly signal?: AbortSignal;
}

/** A disposed model was used. */
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

/** Maximum number of images that are decoded and classified per batch. */
const MAX_BATCH_SIZE = 32;

/**
 * An exported classifier, loaded by `loadModel`. The caller disposes it.
 *
 * @example
 * const loaded = await loadModel('./pets-run');
 * const all = await loaded.classify(['a.jpg', 'b.jpg'], {top: 3});
 * loaded.dispose();
 */
export class ExportedModel {
  /** Class names; the index is the label. */
  readonly classNames: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly spec: BackboneSpec;
  /** Metrics that were measured before the export, if any. */
  readonly metrics: ModelMetrics;
  readonly #network: InferenceModel;
  #isDisposed = false;

  /** Takes ownership of the network. */
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
   * @returns the classes, most likely first
   * @throws UnreadableImageError if it is not an image; ArgumentError for an unsupported value; ModelDisposedError; AbortedError
   */
  classify(image: ImageSource, options?: ClassifyOptions): Promise<Predictions>;
  /** Classifies images in batches. An empty list returns an empty list. @throws as for one image, for the first one that cannot be read */
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
   * Computes the class probabilities of pixels.
   * @param images RGB pixels, `[n, cropSize, cropSize, 3]`, resized and cropped as `preprocessing` says
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

  /** Frees the memory of the model. Pending classifications fail. A second call does nothing. */
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

  /** Ties are ordered by class index, as in the metrics. */
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
