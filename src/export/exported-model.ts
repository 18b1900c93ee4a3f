import type {BackboneSpec} from '../backbones/resnet-specs.js';
import {
  checkArgument,
  checkOptions,
  ABORT_SIGNAL,
  integerFrom,
  oneOf,
  type ArgumentKind,
} from '../core/arguments.js';
import {defineError, UsageError, throwIfAborted} from '../core/errors.js';
import {resizeKey, type Preprocessing} from '../core/preprocessing.js';
import type {ImageInput} from '../datasets/images/read-square.js';
import {
  TEST_TIME_AUGMENTATIONS,
  type TestTimeAugmentation,
} from '../datasets/images/test-time-views.js';
import {combineVotes, type Vote} from './ensemble/vote.js';
import {toImageInput, type ImageSource} from './image-source.js';
import type {ModelMember} from './model-member.js';
import {readAllViews} from './read-pixels.js';
import type {ModelMetrics, ModelRecord} from './record/model-record.js';
import {
  checkTestTimeAugmentation,
  imagesPerBatch,
  scoreImages,
  type ImageViews,
} from './score-images.js';

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
  /**
   * Test-time augmentation: the probabilities are means over views of the image. `flip`: the image and its mirror image. `ten-crop`: corners
   * and center, and their mirror images. Default: `none`.
   */
  readonly tta?: TestTimeAugmentation;
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

/** Members of an exported model, at least one. */
export type ModelMembers = readonly [ModelMember, ...ModelMember[]];

/**
 * An exported classifier, loaded by `loadModel`: one network, or an ensemble of several. The caller disposes it.
 *
 * @example
 * const loaded = await loadModel('./pets-run');
 * const all = await loaded.classify(['a.jpg', 'b.jpg'], {top: 3});
 * loaded.dispose();
 */
export class ExportedModel {
  /** Preprocessing of the first network. The networks of an ensemble may differ; `classify` gives each its own pixels. */
  readonly preprocessing: Preprocessing;
  /** Architecture of the first network. */
  readonly spec: BackboneSpec;
  /** Record of the first network. */
  readonly record: ModelRecord;
  #isDisposed = false;

  /**
   * Takes ownership of the members.
   * @param classNames class names; the index is the label
   * @param members the networks: one, unless the model is an ensemble
   * @param vote how an ensemble combines its members
   * @param metrics metrics that were measured before the export, if any
   */
  constructor(
    readonly directory: string,
    readonly classNames: readonly string[],
    readonly members: ModelMembers,
    readonly vote: Vote,
    readonly metrics: ModelMetrics,
  ) {
    const [{preprocessing, spec, record}] = members;
    this.preprocessing = preprocessing;
    this.spec = spec;
    this.record = record;
  }

  /**
   * Classifies an image: a path, a `file:` URL, the bytes of an image file, or a Blob.
   * @returns the classes, most likely first
   * @throws UnreadableImageError if it is not an image; ArgumentError for an unsupported value; NoCornersError; ModelDisposedError;
   * AbortedError
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
      tta: oneOf(...TEST_TIME_AUGMENTATIONS),
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
   * @throws NotFiniteError; UsageError for an ensemble whose networks take different pixels
   */
  probabilities(images: Uint8Array): Float32Array {
    this.#assertNotDisposed();
    checkArgument('probabilities()', 'images', images, PIXELS);
    if (new Set(this.members.map(member => resizeKey(member.preprocessing))).size > 1)
      throw new UsageError(
        `The networks of the ensemble in ${this.directory} resize images in different ways. Give the images to classify().`,
      );
    const {cropSize} = this.preprocessing;
    if (images.length === 0 || images.length % (cropSize * cropSize * 3) !== 0) {
      throw new UsageError(
        `${images.length} bytes are not the pixels of whole images. Give ${cropSize} x ${cropSize} x 3 bytes for each.`,
      );
    }
    return this.combine(this.members.map(member => member.probabilities(images)));
  }

  /**
   * Computes the class probabilities of each member, averaged over the views of an image.
   * @param images what `readImageViews` returned, at least one
   * @returns `[n, classes]` for each member
   * @throws NotFiniteError; ModelDisposedError
   */
  memberProbabilities(images: readonly ImageViews[], tta: TestTimeAugmentation): Float32Array[] {
    this.#assertNotDisposed();
    return scoreImages(this.members, images, tta);
  }

  /** Combines probabilities of the members, `[n, classes]` each, by the vote of the ensemble. */
  combine(members: readonly Float32Array[]): Float32Array {
    return combineVotes(this.vote, members, this.classNames.length);
  }

  /** Frees the memory of the model. Pending classifications fail. A second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const member of this.members) member.dispose();
  }

  #assertNotDisposed(): void {
    if (this.#isDisposed) throw new ModelDisposedError({directory: this.directory});
  }

  async #classifyAll(
    images: readonly ImageInput[],
    {top = this.classNames.length, tta = 'none', signal}: ClassifyOptions = {},
  ): Promise<Predictions[]> {
    checkTestTimeAugmentation(this.members, tta);
    const predictions: Predictions[] = [];
    const batchSize = imagesPerBatch(this.members, tta);
    for (let start = 0; start < images.length; start += batchSize) {
      throwIfAborted(signal);
      const batch = images.slice(start, start + batchSize);
      const views = await readAllViews(batch, this.members, tta, start);
      predictions.push(...this.#rank(this.combine(this.memberProbabilities(views, tta)), top));
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
