import type {BackboneSpec} from '../backbones/resnet-specs.js';
import {
  combineKnown,
  judgeKnown,
  rankClasses,
  type ClassifyOptions,
  type Predictions,
  type Recognition,
} from './recognition.js';
import {
  checkArgument,
  checkOptions,
  ABORT_SIGNAL,
  integerFrom,
  oneOf,
  STRING,
  type ArgumentKind,
} from '../core/arguments.js';
import {defineError, UsageError, throwIfAborted} from '../core/errors.js';
import {resizeKey, type Preprocessing} from '../core/preprocessing.js';
import type {ImageInput} from '../datasets/images/read-square.js';
import {
  TEST_TIME_AUGMENTATIONS,
  type TestTimeAugmentation,
} from '../datasets/images/test-time-views.js';
import {argmax, combineVotes, type Vote} from './ensemble/vote.js';
import {
  classIndexOf,
  placedMaps,
  type ExplainOptions,
  type ImageExplanation,
} from './explanation.js';
import {toImageInput, type ImageSource} from './image-source.js';
import type {MemberScores, ModelMember} from './model-member.js';
import {readAllViews, readViewsAndSize} from './read-pixels.js';
import type {ModelMetrics, ModelRecord} from './record/model-record.js';
import {
  checkTestTimeAugmentation,
  imagesPerBatch,
  scoreImages,
  type ImageViews,
} from './score-images.js';

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
    const all = await this.#recognizeAll('classify()', images, options);
    return Array.isArray(images) ? all.map(({predictions}) => predictions) : all[0]!.predictions;
  }

  /**
   * Classifies an image that may be of none of the classes. `isUnknown` is null if the model cannot tell: it was exported without validation
   * images, or with fewer than 20.
   * @throws as `classify`
   */
  recognize(image: ImageSource, options?: ClassifyOptions): Promise<Recognition>;
  recognize(images: readonly ImageSource[], options?: ClassifyOptions): Promise<Recognition[]>;
  async recognize(
    images: ImageSource | readonly ImageSource[],
    options?: ClassifyOptions,
  ): Promise<Recognition | Recognition[]> {
    const all = await this.#recognizeAll('recognize()', images, options);
    return Array.isArray(images) ? all : all[0]!;
  }

  async #recognizeAll(
    caller: string,
    images: ImageSource | readonly ImageSource[],
    options: ClassifyOptions | undefined,
  ): Promise<Recognition[]> {
    checkOptions<ClassifyOptions>(caller, options, {
      top: integerFrom(1),
      tta: oneOf(...TEST_TIME_AUGMENTATIONS),
      signal: ABORT_SIGNAL,
    });
    this.#assertNotDisposed();
    const inputs = Array.isArray(images)
      ? Array.from(images as readonly ImageSource[], (image, i) =>
          toImageInput(image, `images[${i}]`),
        )
      : [toImageInput(images as ImageSource, 'image')];
    return this.#classifyAll(inputs, options);
  }

  /**
   * Computes where the evidence for a class lies in an image: Grad-CAM of its logit on the last feature map. For a linear head on averaged
   * features it is the class activation map. An ensemble has a map for each network.
   * @throws UnreadableImageError if it is not an image; ArgumentError, also for a class that the model does not have; ModelDisposedError;
   * AbortedError
   *
   * @example
   * const {className, maps} = await model.explain('a.jpg');
   * const [{rows, columns, values, region}] = maps;
   */
  async explain(image: ImageSource, options?: ExplainOptions): Promise<ImageExplanation> {
    checkOptions<ExplainOptions>('explain()', options, {className: STRING, signal: ABORT_SIGNAL});
    this.#assertNotDisposed();
    const input = toImageInput(image, 'image', 'explain()');
    const {className, signal} = options ?? {};
    const chosen = className === undefined ? undefined : classIndexOf(this.classNames, className);
    const {views, size} = await readViewsAndSize(input, this.members);
    throwIfAborted(signal);
    const classIndex = chosen ?? this.#mostLikely(views);
    this.#assertNotDisposed();
    return {
      className: this.classNames[classIndex]!,
      width: size.width,
      height: size.height,
      maps: placedMaps(this.members, views, size, classIndex),
    };
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
    return this.combine(this.members.map(member => member.score(images).probabilities));
  }

  /**
   * Computes the scores of each member, averaged over the views of an image.
   * @param images what `readImageViews` returned, at least one
   * @throws NotFiniteError; ModelDisposedError
   */
  memberScores(images: readonly ImageViews[], tta: TestTimeAugmentation): MemberScores[] {
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

  #mostLikely(views: ImageViews): number {
    const scores = this.memberScores([views], 'none');
    return argmax(this.combine(scores.map(({probabilities}) => probabilities)));
  }

  #assertNotDisposed(): void {
    if (this.#isDisposed) throw new ModelDisposedError({directory: this.directory});
  }

  async #classifyAll(
    images: readonly ImageInput[],
    {top = this.classNames.length, tta = 'none', signal}: ClassifyOptions = {},
  ): Promise<Recognition[]> {
    checkTestTimeAugmentation(this.members, tta);
    const recognitions: Recognition[] = [];
    const batchSize = imagesPerBatch(this.members, tta);
    for (let start = 0; start < images.length; start += batchSize) {
      throwIfAborted(signal);
      const batch = images.slice(start, start + batchSize);
      const scores = this.memberScores(await readAllViews(batch, this.members, tta, start), tta);
      const known = combineKnown(scores);
      const probabilities = this.combine(scores.map(member => member.probabilities));
      rankClasses(this.classNames, probabilities, top).forEach((predictions, i) =>
        recognitions.push({...judgeKnown(known?.[i]), predictions}),
      );
    }
    return recognitions;
  }
}
