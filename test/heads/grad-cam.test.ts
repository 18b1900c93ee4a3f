import {expect} from 'chai';
import {tf, type Tensor4D} from '../../src/backend/tensorflow.js';
import {gradCam, type HeadWeights, type LastMap} from '../../src/heads/grad-cam.js';
import {toInference} from '../../src/heads/inference-model.js';
import {useBackend} from '../helpers/backend.js';
import {randomClassifier} from '../helpers/random-classifier.js';

/** Two places, one over the other, with two channels: means 2 and 1, maxima 3 and 2. */
const MAP: LastMap = {rows: 2, columns: 1, values: Float32Array.of(1, 2, 3, 0)};

const dense = (weight: readonly number[], bias: readonly number[]) => ({
  weight: Float32Array.from(weight),
  bias: Float32Array.from(bias),
});

const valuesOf = (head: HeadWeights, classIndex: number): number[] => [
  ...gradCam(MAP, head, classIndex).values,
];

describe('Grad-CAM of the last feature map', () => {
  it('weights channels by the weights of the class, and cuts off at 0', () => {
    const head = {pooling: 'avg', layers: [dense([9, 9, 1, -1], [5, 5])]} as const;
    expect(gradCam(MAP, head, 1)).to.deep.equal({
      rows: 2,
      columns: 1,
      values: Float32Array.of(0, 3),
    });
  });

  it('adds the weights of both poolings', () => {
    const head = {pooling: 'avg+max', layers: [dense([1, -1, 10, 2], [0])]} as const;
    // 11 and 1 for the channels.
    expect(valuesOf(head, 0)).to.deep.equal([13, 33]);
  });

  it('goes back through the units of an mlp that are active, and no others', () => {
    const output = dense([1, 1, 1], [0]);
    const biases = [0, -1.5, -2.5];
    // The second and the third unit see 2 - bias of the first channel: 0.5, and less than 0.
    const head = (shift: number): HeadWeights => ({
      pooling: 'avg',
      layers: [dense([0, 1, 1, 0, 1, 0], biases.map(bias => bias + shift)), output], // prettier-ignore
    });
    expect(valuesOf(head(0), 0)).to.deep.equal([3, 3]);
    expect(valuesOf(head(1), 0)).to.deep.equal([4, 6]);
    expect(valuesOf(head(-1.01), 0)).to.deep.equal([0, 0]);
  });

  it('goes back through several layers', () => {
    const [first, second] = [dense([1, 0, 0, 1], [0, -2]), dense([2, 5, -1, 0], [0, 0])];
    // Of the first layer, only the unit of the first channel is active; of the second, only the first.
    const head = {pooling: 'avg', layers: [first, second, dense([3, 7], [0])]} as const;
    expect(valuesOf(head, 0)).to.deep.equal([6, 18]);
  });
});

describe('activation maps of a network', () => {
  useBackend();

  it('are those of each image of a batch, and leave no tensor behind', () => {
    const classifier = randomClassifier({head: {type: 'mlp', pooling: 'avg+max'}});
    const before = tf.memory().numTensors;
    const network = toInference(classifier);
    const pixels = tf.randomUniform([2, 64, 96, 3], 0, 255, 'float32', 7) as Tensor4D;
    const parts = tf.split(pixels, 2) as Tensor4D[];
    const whole = network.activationMaps(pixels, [2, 0]);
    const single = [
      ...network.activationMaps(parts[0]!, [2]),
      ...network.activationMaps(parts[1]!, [0]),
    ];
    expect(whole.map(({rows, columns}) => [rows, columns])).to.deep.equal([
      [8, 12],
      [8, 12],
    ]);
    const largest = Math.max(...whole.flatMap(({values}) => [...values]));
    whole.forEach(({values}, i) =>
      values.forEach((value, at) =>
        expect(value).to.be.closeTo(single[i]!.values[at]!, 1e-4 * largest),
      ),
    );
    tf.dispose([pixels, parts]);
    network.dispose();
    expect(tf.memory().numTensors).to.equal(before);
    classifier.dispose();
  });
});
