import {inferenceBatchSize} from '../backbones/activation-bytes.js';
import type {BackboneSpec} from '../backbones/resnet-specs.js';
import {tf, type Tensor2D, type Tensor4D} from '../backend/tensorflow.js';
import type {Preprocessing} from '../core/preprocessing.js';
import type {ActivationMap} from '../datasets/activation-maps/placed-map.js';
import type {InferenceModel} from '../heads/inference-model.js';
import type {OpenSetScorer} from '../training/open-set/open-set.js';
import {assertFinite, runNetwork, withPixels} from './probabilities.js';
import {specOf, type ModelRecord} from './record/model-record.js';

/** Maximum number of images that a network classifies per batch. */
export const MAX_BATCH_SIZE = 32;

/** Scores of `n` images. */
export interface MemberScores {
  /** `[n, classes]` */
  readonly probabilities: Float32Array;
  /** `[n]`: how much images are like those of the classes, below 0 for unknown ones; undefined if the member cannot tell. */
  readonly known: Float64Array | undefined;
}

/** Splits a matrix of `rows` rows into its first columns and the others. */
function splitColumns(
  matrix: Float32Array,
  rows: number,
  at: number,
): [Float32Array, Float32Array] {
  const width = matrix.length / rows;
  const [left, right] = [new Float32Array(rows * at), new Float32Array(rows * (width - at))];
  for (let i = 0; i < rows; i++) {
    left.set(matrix.subarray(i * width, i * width + at), i * at);
    right.set(matrix.subarray(i * width + at, (i + 1) * width), i * (width - at));
  }
  return [left, right];
}

/** One network of a loaded model, with its own architecture and preprocessing. The model disposes it. */
export class ModelMember {
  readonly preprocessing: Preprocessing;
  readonly spec: BackboneSpec;
  readonly #network: InferenceModel;
  readonly #classOrder: readonly number[];
  readonly #openSet: OpenSetScorer | undefined;

  /**
   * Takes ownership of the network.
   * @param name unique in the model; for results and messages
   * @param classOrder index of the network's output for each class of the model
   * @param openSet tells images of none of the classes, if the export has what that takes
   */
  constructor(
    readonly name: string,
    readonly directory: string,
    readonly record: ModelRecord,
    network: InferenceModel,
    classOrder: readonly number[],
    openSet?: OpenSetScorer,
  ) {
    this.#openSet = openSet;
    this.preprocessing = record.preprocessing;
    this.spec = specOf(record);
    this.#network = network;
    this.#classOrder = classOrder;
  }

  /** Number of images that fit into the memory at once, at most 32. */
  get batchSize(): number {
    return inferenceBatchSize(this.spec, this.preprocessing.cropSize, MAX_BATCH_SIZE);
  }

  get numClasses(): number {
    return this.#classOrder.length;
  }

  /**
   * @param images RGB pixels, `[n, cropSize, cropSize, 3]`, preprocessed for this network
   * @returns probabilities in the class order of the model, and how known the images are
   * @throws NotFiniteError
   */
  score(images: Uint8Array): MemberScores {
    const outputs = assertFinite(
      runNetwork(images, this.preprocessing.cropSize, pixels => this.#outputs(pixels)),
      this.directory,
    );
    const classes = this.numClasses;
    const count = images.length / (this.preprocessing.cropSize ** 2 * 3);
    const [found, features] = splitColumns(outputs, count, classes);
    return {
      probabilities: found.map(
        (_, i) => found[i - (i % classes) + this.#classOrder[i % classes]!]!,
      ),
      known: this.#openSet?.score({probabilities: found, features}),
    };
  }

  /**
   * Computes where the evidence for a class lies in an image.
   * @param image RGB pixels, `[cropSize, cropSize, 3]`, preprocessed for this network
   * @param classIndex in the class order of the model
   */
  activationMap(image: Uint8Array, classIndex: number): ActivationMap {
    const own = this.#classOrder[classIndex]!;
    const [map] = withPixels(image, this.preprocessing.cropSize, pixels =>
      this.#network.activationMaps(pixels, [own]),
    );
    assertFinite(map!.values, this.directory);
    return map!;
  }

  /** Probabilities, and next to them the features if an open set needs them: `[n, classes + width]`. */
  #outputs(pixels: Tensor4D): Tensor2D {
    if (this.#openSet === undefined) return tf.softmax(this.#network.logits(pixels));
    const {logits, features} = this.#network.outputs(pixels);
    return tf.concat2d([tf.softmax(logits), features], 1);
  }

  dispose(): void {
    this.#network.dispose();
  }
}
