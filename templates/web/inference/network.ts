import type {LayersModel, Tensor, Tensor2D, Tensor4D} from '../../../src/backend/tensorflow.js';
import type {ActivationMapMetadata, ModelMetadata} from '../../../src/export/record/metadata.js';
import {OpenSetScorer, type LastLayer} from '../../../src/training/open-set/open-set.js';
import {tensorFlow} from './backends.js';
import {toOpenSet} from './metadata.js';

/** Where a network looked for one class: a value per place, at least 0. */
export interface ActivationMap {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** What a network computed for one image. */
export interface NetworkOutput {
  readonly probabilities: Float32Array;
  /** How much the image is like those of the classes: below 0 it is unknown. Undefined if the network cannot tell. */
  readonly knownScore: number | undefined;
  /** Computes the activation map of a class. Only where the network says which layers it takes. */
  readonly computeMap?: (classIndex: number) => Promise<ActivationMap>;
  dispose(): void;
}

/**
 * Gradient of a class's logit by the pooled features. Batch size 1.
 * @param kernels of the dense layers of the head, `[inputs, outputs]`, in order
 * @param hidden outputs of all of them but the last, after ReLU
 */
function gradientOfLogit(
  kernels: readonly Tensor2D[],
  hidden: readonly Tensor2D[],
  classIndex: number,
): Tensor2D {
  const tf = tensorFlow();
  const last = kernels.at(-1)!;
  const column = tf.slice(last, [0, classIndex], [last.shape[0], 1]);
  return hidden.reduceRight((gradient, activation, i) => {
    const isActive = tf.cast(tf.greater(activation, 0), 'float32');
    return tf.matMul(kernels[i]!, tf.mul<Tensor2D>(gradient, tf.transpose(isActive)));
  }, column as Tensor2D);
}

/**
 * Grad-CAM of the last feature map. With average pooling and one dense layer it is the class activation map itself: the gradient is the
 * weight of the class.
 */
async function computeActivationMap(
  features: Tensor4D,
  hidden: readonly Tensor2D[],
  kernels: readonly Tensor2D[],
  pooling: ActivationMapMetadata['pooling'],
  classIndex: number,
): Promise<ActivationMap> {
  const tf = tensorFlow();
  const [, rows, columns, channels] = features.shape;
  const map = tf.tidy(() => {
    const gradient = gradientOfLogit(kernels, hidden, classIndex);
    const weights =
      pooling === 'avg'
        ? gradient
        : tf.add<Tensor2D>(
            tf.slice(gradient, [0, 0], [channels, 1]),
            tf.slice(gradient, [channels, 0], [channels, 1]),
          );
    return tf.relu(tf.matMul(tf.reshape(features, [rows * columns, channels]), weights));
  });
  try {
    return {rows, columns, values: await map.data<'float32'>()};
  } finally {
    map.dispose();
  }
}

/** The last layer of the head, in torchvision's layout. */
async function lastLayerOf(model: LayersModel, {head}: ActivationMapMetadata): Promise<LastLayer> {
  const kernel = model.getLayer(head.at(-1)!).getWeights()[0] as Tensor2D;
  const transposed = tensorFlow().transpose(kernel);
  const weight = await transposed.data<'float32'>();
  transposed.dispose();
  return {weight, classes: kernel.shape[1]};
}

/** A network of tf.layers, with what its activation maps need. */
export class Network {
  readonly #model: LayersModel;
  readonly #mapLayers: ActivationMapMetadata | undefined;
  readonly #openSet: OpenSetScorer | undefined;

  private constructor(
    model: LayersModel,
    mapLayers: ActivationMapMetadata | undefined,
    openSet: OpenSetScorer | undefined,
  ) {
    const inner =
      mapLayers === undefined
        ? []
        : [
            model.getLayer(mapLayers.features).output,
            ...mapLayers.head.map(name => model.getLayer(name).input),
          ];
    this.#mapLayers = mapLayers;
    this.#openSet = openSet;
    this.#model = tensorFlow().model({
      inputs: model.inputs,
      outputs: [...inner, ...model.outputs].flat(),
    });
  }

  /** @param onProgress called with the loaded fraction */
  static async load(
    address: string,
    {activationMap, openSet}: Pick<ModelMetadata, 'activationMap' | 'openSet'>,
    onProgress: (fraction: number) => void,
  ): Promise<Network> {
    const model = await tensorFlow().loadLayersModel(address, {onProgress});
    const scorer =
      openSet === undefined || activationMap === undefined
        ? undefined
        : new OpenSetScorer(toOpenSet(openSet), await lastLayerOf(model, activationMap));
    return new Network(model, activationMap, scorer);
  }

  get hasMaps(): boolean {
    return this.#mapLayers !== undefined;
  }

  /**
   * Classifies an image.
   * @param pixels RGB, `[size, size, 3]`
   * @throws Error if a probability is not a number, as where a GPU computes in half precision
   */
  async run(pixels: Uint8Array, size: number): Promise<NetworkOutput> {
    const tf = tensorFlow();
    const outputs = tf.tidy(() => {
      const input = tf.tensor4d(Float32Array.from(pixels), [1, size, size, 3]);
      return [this.#model.predict(input)].flat();
    });
    const dispose = (): void => outputs.forEach(output => output.dispose());
    const probabilities = await outputs.at(-1)!.data<'float32'>();
    if (probabilities.some(value => !Number.isFinite(value))) {
      dispose();
      throw new Error('it computes numbers that are not finite');
    }
    const knownScore = await this.#scoreKnown(outputs, probabilities);
    return {probabilities, knownScore, ...this.#mapsOf(outputs), dispose};
  }

  /** The input of the last layer comes before the probabilities. */
  async #scoreKnown(
    outputs: readonly Tensor[],
    probabilities: Float32Array,
  ): Promise<number | undefined> {
    if (this.#openSet === undefined) return undefined;
    const features = await outputs.at(-2)!.data<'float32'>();
    return this.#openSet.score({probabilities, features})[0];
  }

  #mapsOf(outputs: readonly Tensor[]): Pick<NetworkOutput, 'computeMap'> {
    const layers = this.#mapLayers;
    if (layers === undefined) return {};
    const [features, , ...hidden] = outputs.slice(0, -1);
    const kernels = layers.head.map(name => this.#model.getLayer(name).getWeights()[0] as Tensor2D);
    return {
      computeMap: classIndex =>
        computeActivationMap(
          features as Tensor4D,
          hidden as Tensor2D[],
          kernels,
          layers.pooling,
          classIndex,
        ),
    };
  }

  dispose(): void {
    this.#model.dispose();
  }
}
