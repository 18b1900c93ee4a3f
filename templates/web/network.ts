import type {LayersModel, Tensor, Tensor2D, Tensor4D} from '../../src/backend/tensorflow.js';
import type {ActivationMapMetadata} from '../../src/export/record/metadata.js';
import {tensorFlow} from './backends.js';

/** Where a network looked for one class: a value per place, at least 0. */
export interface ActivationMap {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** What a network computed for one image. */
export interface NetworkOutput {
  readonly probabilities: Float32Array;
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

/** A network of tf.layers, with what its activation maps need. */
export class Network {
  readonly #model: LayersModel;
  readonly #mapLayers: ActivationMapMetadata | undefined;

  private constructor(model: LayersModel, mapLayers: ActivationMapMetadata | undefined) {
    const output = (name: string) => model.getLayer(name).output;
    const names =
      mapLayers === undefined ? [] : [mapLayers.features, ...mapLayers.head.slice(0, -1)];
    this.#mapLayers = mapLayers;
    this.#model = tensorFlow().model({
      inputs: model.inputs,
      outputs: [...names.map(output), ...model.outputs].flat(),
    });
  }

  /** @param onProgress called with the loaded fraction */
  static async load(
    address: string,
    mapLayers: ActivationMapMetadata | undefined,
    onProgress: (fraction: number) => void,
  ): Promise<Network> {
    return new Network(await tensorFlow().loadLayersModel(address, {onProgress}), mapLayers);
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
    return {probabilities, ...this.#mapsOf(outputs), dispose};
  }

  #mapsOf(outputs: readonly Tensor[]): Pick<NetworkOutput, 'computeMap'> {
    const layers = this.#mapLayers;
    if (layers === undefined) return {};
    const [features, ...hidden] = outputs.slice(0, -1);
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
