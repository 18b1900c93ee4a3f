import type {BackboneSpec} from '../backbones/resnet-specs.js';
import {AbortedError, UsageError} from '../core/errors.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {tf} from '../engine/tensorflow.js';
import type {FrozenClassifier} from '../heads/frozen-classifier.js';
import {specOf, type BundleMetrics, type BundleRecord} from './bundle-record.js';
import {finite, run} from './probabilities.js';
import {readPixels, type ImageSource} from './read-pixels.js';

export interface Prediction {
  readonly className: string;
  /** 0..1; over all classes they sum to 1. */
  readonly probability: number;
}

export interface ClassifyOptions {
  /** How many of the likeliest classes to tell; all unless given. */
  readonly top?: number;
  /** Looked at between batches. */
  readonly signal?: AbortSignal;
}

/** Pictures decoded and run at a time. */
const BATCH = 32;

/** An exported classifier, loaded by `loadBundle`. Whoever loaded it disposes it. */
export class Bundle {
  /** Index is the label. */
  readonly classNames: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly spec: BackboneSpec;
  /** What was measured before it was exported, where something was. */
  readonly metrics: BundleMetrics;
  readonly #network: FrozenClassifier;

  /** Takes over the network. */
  constructor(
    readonly directory: string,
    readonly record: BundleRecord,
    network: FrozenClassifier,
  ) {
    this.classNames = record.classes;
    this.preprocessing = record.preprocessing;
    this.spec = specOf(record);
    this.metrics = record.metrics ?? {};
    this.#network = network;
  }

  /**
   * Classifies an image: a path, or the bytes of an image file.
   * @returns the classes, likeliest first
   * @throws UnreadableImageError, AbortedError
   */
  classify(image: ImageSource, options?: ClassifyOptions): Promise<Prediction[]>;
  /** Classifies images, many at a time. @throws UnreadableImageError for the first that cannot be read; AbortedError */
  classify(images: readonly ImageSource[], options?: ClassifyOptions): Promise<Prediction[][]>;
  async classify(images: ImageSource | readonly ImageSource[], options?: ClassifyOptions): Promise<Prediction[] | Prediction[][]> {
    if (typeof images !== 'string' && !(images instanceof Uint8Array)) return this.#classifyAll(images, options);
    const [predictions] = await this.#classifyAll([images], options);
    return predictions!;
  }

  /**
   * @param images pixels, RGB, `[n, cropSize, cropSize, 3]`, resized and cropped as `preprocessing` says
   * @returns `[n, classes]`
   * @throws NotFiniteError
   */
  probabilities(images: Uint8Array): Float32Array {
    const {cropSize} = this.preprocessing;
    if (images.length === 0 || images.length % (cropSize * cropSize * 3) !== 0) {
      throw new UsageError(`Expected pixels of whole pictures of ${cropSize} x ${cropSize} x 3 bytes, but found ${images.length} bytes.`);
    }
    return finite(
      run(images, cropSize, pixels => tf.softmax(this.#network.logits(pixels))),
      this.directory,
    );
  }

  dispose(): void {
    this.#network.dispose();
  }

  async #classifyAll(
    images: readonly ImageSource[],
    {top = this.classNames.length, signal}: ClassifyOptions = {},
  ): Promise<Prediction[][]> {
    if (!Number.isInteger(top) || top < 1) throw new UsageError(`Expected a whole number from 1 up for top, but found ${top}.`);
    const predictions: Prediction[][] = [];
    for (let start = 0; start < images.length; start += BATCH) {
      if (signal?.aborted) throw new AbortedError();
      const pixels = await readPixels(images.slice(start, start + BATCH), this.preprocessing);
      predictions.push(...this.#rank(this.probabilities(pixels), top));
    }
    return predictions;
  }

  /** Among equal probabilities the lower class index comes first, as in the metrics. */
  #rank(probabilities: Float32Array, top: number): Prediction[][] {
    const classes = this.classNames.length;
    return Array.from({length: probabilities.length / classes}, (_, row) =>
      this.classNames
        .map((className, i) => ({className, probability: probabilities[row * classes + i]!}))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, top),
    );
  }
}
