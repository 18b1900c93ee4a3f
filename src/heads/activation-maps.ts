import {getKernel} from '../backbones/parameters.js';
import {tf, type Tensor2D, type Tensor3D, type Tensor4D} from '../backend/tensorflow.js';
import type {Classifier, ClassifierNetwork} from './classifier.js';
import {FrozenBackbone} from './frozen-backbone.js';

/** Where the evidence for a class lies in an image: a value of at least 0 for each place of the last feature map. */
export interface ClassActivationMap {
  readonly rows: number;
  readonly columns: number;
  /** Row by row. */
  readonly values: Float32Array;
}

/** Whether activation maps are exact: the logit of a class is then the mean of its evidence over all places, and its bias. */
export const hasExactActivationMaps = ({head}: Pick<Classifier, 'head'>): boolean =>
  head.type === 'linear' && head.pooling === 'avg';

/**
 * Evidence for one class of each image: the feature map, weighted by the class (Zhou et al., https://arxiv.org/abs/1512.04150).
 * @param features `[n, h, w, c]`
 * @param kernel weights of the linear layer, `[c, classes]`
 * @param classIndices class of each image
 * @returns `[n, h, w]`
 */
export const classEvidence = (
  features: Tensor4D,
  kernel: Tensor2D,
  classIndices: readonly number[],
): Tensor3D =>
  tf.tidy(() => {
    const [images, , , channels] = features.shape;
    const weights = tf.gather(tf.transpose(kernel), tf.tensor1d([...classIndices], 'int32'));
    return tf.sum(tf.mul(features, tf.reshape(weights, [images, 1, 1, channels])), 3);
  });

/** Computes class activation maps of a classifier with `hasExactActivationMaps`. */
export class ActivationMaps {
  readonly #network: ClassifierNetwork;
  readonly #backbone: FrozenBackbone;

  constructor(network: ClassifierNetwork) {
    this.#network = network;
    this.#backbone = new FrozenBackbone(network, network.spec.lastStage + 1);
  }

  /**
   * @param pixels RGB 0..255, `[n, size, size, 3]`
   * @param classIndices class of each image
   */
  compute(pixels: Tensor4D, classIndices: readonly number[]): ClassActivationMap[] {
    const {weights, layers} = this.#network;
    const features = this.#backbone.lastMap(pixels);
    const kernel = getKernel(weights, `${layers.at(-1)!.name}.weight`) as unknown as Tensor2D;
    const evidence = classEvidence(features, kernel, classIndices);
    const [, rows, columns] = evidence.shape;
    const values = evidence.dataSync<'float32'>().map(value => Math.max(0, value));
    tf.dispose([features, evidence]);
    const places = rows * columns;
    return classIndices.map((_, i) => ({
      rows,
      columns,
      values: values.slice(i * places, (i + 1) * places),
    }));
  }

  dispose(): void {
    this.#backbone.dispose();
  }
}
