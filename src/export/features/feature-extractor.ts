import {inferenceBatchSize} from '../../backbones/activation-bytes.js';
import {features} from '../../backbones/features.js';
import type {BackboneSpec} from '../../backbones/resnet-specs.js';
import {tapNames, tapNetwork, type TapName} from '../../backbones/taps.js';
import {
  ABORT_SIGNAL,
  checkArgument,
  checkOptions,
  type ArgumentKind,
} from '../../core/arguments.js';
import {throwIfAborted} from '../../core/errors.js';
import type {Preprocessing} from '../../core/preprocessing.js';
import {tf, type Tensor4D} from '../../backend/tensorflow.js';
import type {ImageInput} from '../../datasets/images/read-square.js';
import type {Classifier} from '../../heads/classifier.js';
import {ModelDisposedError} from '../exported-model.js';
import {toImageInput, type ImageSource} from '../image-source.js';
import {readPixels} from '../read-pixels.js';

/**
 * A feature map of one image, in CPU memory.
 *
 * @example
 * const {c5} = await extractor.features('a.jpg', ['c5']);
 * const [height, width, channels] = c5.shape;
 */
export interface FeatureMapValues {
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Row by row, channels last. */
  readonly data: Float32Array;
}

/**
 * Feature maps of one image by name.
 *
 * @example
 * const maps: FeatureMaps<'c2' | 'c5'> = await extractor.features('a.jpg', ['c2', 'c5']);
 */
export type FeatureMaps<Name extends TapName = TapName> = Readonly<Record<Name, FeatureMapValues>>;

/**
 * Options of `features`.
 *
 * @example
 * const options: FeaturesOptions = {signal: AbortSignal.timeout(10_000)};
 * await extractor.features('a.jpg', ['c5'], options);
 */
export interface FeaturesOptions {
  /** Abort signal, checked between batches. */
  readonly signal?: AbortSignal;
}

const NAMES: ArgumentKind = {
  expected: "a list of names of feature maps, such as ['c2', 'c5']",
  accepts: value => Array.isArray(value) && value.every(name => typeof name === 'string'),
};

/** Maximum number of images that are decoded and computed per batch. */
const MAX_BATCH_SIZE = 32;

/** The maps of one image of a batch. */
function mapsOfImage<Name extends TapName>(
  maps: Readonly<Record<Name, Tensor4D>>,
  values: ReadonlyMap<Name, Float32Array>,
  index: number,
): FeatureMaps<Name> {
  const entries = [...values].map(([name, data]): [Name, FeatureMapValues] => {
    const [, height, width, channels] = maps[name].shape;
    const size = height * width * channels;
    return [
      name,
      {shape: [height, width, channels], data: data.slice(index * size, (index + 1) * size)},
    ];
  });
  return Object.fromEntries(entries) as FeatureMaps<Name>;
}

/**
 * The backbone of an exported model, loaded by `loadFeatureExtractor`. The caller disposes it.
 *
 * @example
 * const extractor = await loadFeatureExtractor('./pets-run');
 * const all = await extractor.features(['a.jpg', 'b.jpg'], ['c4', 'c5']);
 * extractor.dispose();
 */
export class FeatureExtractor {
  readonly spec: BackboneSpec;
  readonly preprocessing: Preprocessing;
  /** Names of all feature maps, from the largest map to the smallest. */
  readonly names: readonly TapName[];
  readonly #network: Classifier;
  #isDisposed = false;

  /** Takes ownership of the network. */
  constructor(
    readonly directory: string,
    network: Classifier,
  ) {
    this.#network = network;
    this.spec = network.spec;
    this.preprocessing = network.preprocessing;
    this.names = tapNames(network.spec);
  }

  /**
   * Computes feature maps of an image, which is resized and cropped as for `classify`.
   * @param names `c2` is the output of stage 1, `c5` that of stage 4
   * @throws UnknownTapError, ArgumentError, ModelDisposedError (exit 2); UnreadableImageError; AbortedError
   */
  features<Name extends TapName>(
    image: ImageSource,
    names: readonly Name[],
    options?: FeaturesOptions,
  ): Promise<FeatureMaps<Name>>;
  /** Computes feature maps of images in batches. An empty list returns an empty list. @throws as for one image */
  features<Name extends TapName>(
    images: readonly ImageSource[],
    names: readonly Name[],
    options?: FeaturesOptions,
  ): Promise<FeatureMaps<Name>[]>;
  async features<Name extends TapName>(
    images: ImageSource | readonly ImageSource[],
    names: readonly Name[],
    options?: FeaturesOptions,
  ): Promise<FeatureMaps<Name> | FeatureMaps<Name>[]> {
    checkArgument('features()', 'names', names, NAMES);
    checkOptions<FeaturesOptions>('features()', options, {signal: ABORT_SIGNAL});
    this.#assertNotDisposed();
    tapNetwork(this.spec, names);
    const input = (image: unknown, argument: string): ImageInput =>
      toImageInput(image, argument, 'features()');
    if (Array.isArray(images)) {
      const all = Array.from(images as readonly ImageSource[], (image, i) =>
        input(image, `images[${i}]`),
      );
      return this.#computeAll(all, names, options?.signal);
    }
    const [maps] = await this.#computeAll([input(images, 'image')], names, options?.signal);
    return maps!;
  }

  /** Frees the memory of the network. Pending calls fail. A second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#network.dispose();
  }

  #assertNotDisposed(): void {
    if (this.#isDisposed) throw new ModelDisposedError({directory: this.directory});
  }

  async #computeAll<Name extends TapName>(
    images: readonly ImageInput[],
    names: readonly Name[],
    signal: AbortSignal | undefined,
  ): Promise<FeatureMaps<Name>[]> {
    const results: FeatureMaps<Name>[] = [];
    const {cropSize} = this.preprocessing;
    const batchSize = inferenceBatchSize(this.spec, cropSize, MAX_BATCH_SIZE);
    for (let start = 0; start < images.length; start += batchSize) {
      throwIfAborted(signal);
      const batch = images.slice(start, start + batchSize);
      const pixels = await readPixels(batch, this.preprocessing, start);
      this.#assertNotDisposed();
      results.push(...this.#compute(pixels, batch.length, names));
    }
    return results;
  }

  /** @param pixels `[count, cropSize, cropSize, 3]` */
  #compute<Name extends TapName>(
    pixels: Uint8Array,
    count: number,
    names: readonly Name[],
  ): FeatureMaps<Name>[] {
    const {cropSize} = this.preprocessing;
    const maps = tf.tidy(() =>
      features(this.#network, tf.tensor4d(pixels, [count, cropSize, cropSize, 3], 'int32'), names),
    );
    try {
      const values = new Map(
        [...new Set(names)].map(name => [name, maps[name].dataSync<'float32'>()] as const),
      );
      return Array.from({length: count}, (_, index) => mapsOfImage(maps, values, index));
    } finally {
      tf.dispose(maps);
    }
  }
}
