import {expect} from 'chai';
import {getKernel} from '../../src/backbones/parameters.js';
import {tf, type Tensor2D, type Tensor4D} from '../../src/backend/tensorflow.js';
import {
  ActivationMaps,
  classEvidence,
  hasExactActivationMaps,
} from '../../src/heads/activation-maps.js';
import {FrozenBackbone} from '../../src/heads/frozen-backbone.js';
import {toInference} from '../../src/heads/inference-model.js';
import {useBackend} from '../helpers/backend.js';
import {LINEAR, randomClassifier, randomHead} from '../helpers/random-classifier.js';

describe('class activation maps', () => {
  useBackend();

  for (const arch of ['resnet18', 'resnetv2_18'] as const)
    it(`of ${arch} have the logit of the class as their mean, but for its bias`, () => {
      const classifier = randomClassifier({spec: {arch, lastStage: 2}});
      randomHead(classifier, 3);
      const network = toInference(classifier);
      const backbone = new FrozenBackbone(classifier, 3);
      const pixels = tf.randomUniform([2, 64, 64, 3], 0, 255, 'float32', 7) as Tensor4D;
      const logits = network.logits(pixels);
      const map = backbone.lastMap(pixels);
      const kernel = getKernel(classifier.weights, 'fc.weight') as unknown as Tensor2D;
      const evidence = classEvidence(map, kernel, [2, 0]);
      const means = tf.mean(evidence, [1, 2]);
      try {
        const bias = classifier.weights.get('fc.bias')!.dataSync();
        const [expected, found] = [logits.dataSync(), means.dataSync()];
        const scale = Math.max(...expected.map(Math.abs));
        expect(found[0]! + bias[2]!).to.be.closeTo(expected[2]!, 1e-4 * scale);
        expect(found[1]! + bias[0]!).to.be.closeTo(expected[3]!, 1e-4 * scale);
        const maps = new ActivationMaps(classifier);
        const [first, second] = maps.compute(pixels, [2, 0]);
        maps.dispose();
        const whole = evidence.dataSync();
        const places = first!.rows * first!.columns;
        expect([first!.rows, first!.columns]).to.deep.equal(evidence.shape.slice(1));
        [first, second].forEach((one, i) =>
          one!.values.forEach((value, at) => {
            expect(value).to.be.closeTo(Math.max(0, whole[i * places + at]!), 1e-4 * scale);
          }),
        );
        expect(first!.values.some(value => value > 0)).to.equal(true);
      } finally {
        tf.dispose([pixels, logits, map, evidence, means]);
        backbone.dispose();
        network.dispose();
        classifier.dispose();
      }
    });

  it('leave no tensor behind', () => {
    const classifier = randomClassifier();
    const pixels = tf.tensor4d(new Float32Array(64 * 64 * 3), [1, 64, 64, 3]);
    const before = tf.memory().numTensors;
    const maps = new ActivationMaps(classifier);
    maps.compute(pixels, [1]);
    maps.dispose();
    expect(tf.memory().numTensors).to.equal(before);
    pixels.dispose();
    classifier.dispose();
  });
});

describe('exact activation maps', () => {
  it('are those of a linear head on averaged features', () => {
    expect(hasExactActivationMaps({head: LINEAR})).to.equal(true);
    expect(hasExactActivationMaps({head: {...LINEAR, type: 'mlp'}})).to.equal(false);
    expect(hasExactActivationMaps({head: {...LINEAR, pooling: 'avg+max'}})).to.equal(false);
  });
});
