import {inferenceBatchSize} from '../backbones/activation-bytes.js';
import type {BackboneSpec} from '../backbones/resnet-specs.js';
import {tf} from '../backend/tensorflow.js';
import type {Preprocessing} from '../core/preprocessing.js';
import type {InferenceModel} from '../heads/inference-model.js';
import {assertFinite, runNetwork} from './probabilities.js';
import {specOf, type ModelRecord} from './record/model-record.js';

/** Maximum number of images that a network classifies per batch. */
export const MAX_BATCH_SIZE = 32;

/** One network of a loaded model, with its own architecture and preprocessing. The model disposes it. */
export class ModelMember {
  readonly preprocessing: Preprocessing;
  readonly spec: BackboneSpec;
  readonly #network: InferenceModel;
  readonly #classOrder: readonly number[];

  /**
   * Takes ownership of the network.
   * @param name unique in the model; for results and messages
   * @param classOrder index of the network's output for each class of the model
   */
  constructor(
    readonly name: string,
    readonly directory: string,
    readonly record: ModelRecord,
    network: InferenceModel,
    classOrder: readonly number[],
  ) {
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
   * @returns probabilities `[n, classes]`, in the class order of the model
   * @throws NotFiniteError
   */
  probabilities(images: Uint8Array): Float32Array {
    const found = assertFinite(
      runNetwork(images, this.preprocessing.cropSize, pixels =>
        tf.softmax(this.#network.logits(pixels)),
      ),
      this.directory,
    );
    const classes = this.numClasses;
    return found.map((_, i) => found[i - (i % classes) + this.#classOrder[i % classes]!]!);
  }

  dispose(): void {
    this.#network.dispose();
  }
}
