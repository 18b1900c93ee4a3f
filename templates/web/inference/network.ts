import type {LayersModel, Tensor, Tensor2D, Tensor4D} from '../../../src/backend/tensorflow.js';
import type {ActivationMapMetadata} from '../../../src/export/record/metadata.js';
import type {ActivationMap} from '../../../src/datasets/activation-maps/placed-map.js';
import {gradCam, type HeadWeights} from '../../../src/heads/grad-cam.js';
import {OpenSetScorer, type LastLayer} from '../../../src/training/open-set/open-set.js';
import {tensorFlow} from './backends.js';
import {toOpenSet, type StoredModelMetadata} from './metadata.js';

/** What a network computed for one image. */
export interface NetworkOutput {
  readonly probabilities: Float32Array;
  /** How much the image is like those of the classes: below 0 it is unknown. Undefined if the network cannot tell. */
  readonly knownScore: number | undefined;
  /** Computes the activation map of a class. Only where the network says which layers it takes. */
  readonly computeMap?: (classIndex: number) => Promise<ActivationMap>;
  dispose(): void;
}

/** Downloads the head, in torchvision's layout. */
async function readHead(
  model: LayersModel,
  {head, pooling}: ActivationMapMetadata,
): Promise<HeadWeights> {
  const layers = await Promise.all(
    head.map(async name => {
      const [kernel, bias] = model.getLayer(name).getWeights() as [Tensor2D, Tensor];
      const transposed = tensorFlow().transpose(kernel);
      const weight = await transposed.data<'float32'>();
      transposed.dispose();
      return {weight, bias: await bias.data<'float32'>()};
    }),
  );
  return {pooling, layers};
}

/** The last layer of a head. */
const lastLayerOf = ({layers}: HeadWeights): LastLayer => {
  const {weight, bias} = layers.at(-1)!;
  return {weight, classes: bias.length};
};

/** A network of tf.layers, with what its activation maps need. */
export class Network {
  readonly #model: LayersModel;
  readonly #head: HeadWeights | undefined;
  readonly #openSet: OpenSetScorer | undefined;

  private constructor(
    model: LayersModel,
    mapLayers: ActivationMapMetadata | undefined,
    head: HeadWeights | undefined,
    openSet: OpenSetScorer | undefined,
  ) {
    const inner =
      mapLayers === undefined
        ? []
        : [model.getLayer(mapLayers.features).output, model.getLayer(mapLayers.head.at(-1)!).input];
    this.#head = head;
    this.#openSet = openSet;
    this.#model = tensorFlow().model({
      inputs: model.inputs,
      outputs: [...inner, ...model.outputs].flat(),
    });
  }

  /** @param onProgress called with the loaded fraction */
  static async load(
    address: string,
    {activationMap, openSet}: Pick<StoredModelMetadata, 'activationMap' | 'openSet'>,
    onProgress: (fraction: number) => void,
  ): Promise<Network> {
    const model = await tensorFlow().loadLayersModel(address, {onProgress});
    const head = activationMap && (await readHead(model, activationMap));
    const scorer =
      openSet === undefined || head === undefined
        ? undefined
        : new OpenSetScorer(toOpenSet(openSet), lastLayerOf(head));
    return new Network(model, activationMap, head, scorer);
  }

  get hasMaps(): boolean {
    return this.#head !== undefined;
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
    const head = this.#head;
    if (head === undefined) return {};
    const features = outputs[0] as Tensor4D;
    const [, rows, columns] = features.shape;
    return {
      computeMap: async classIndex =>
        gradCam({rows, columns, values: await features.data<'float32'>()}, head, classIndex),
    };
  }

  dispose(): void {
    this.#model.dispose();
  }
}
