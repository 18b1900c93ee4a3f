import {expect} from 'chai';
import {forward, type Interpreter} from '../../src/backbones/forward.js';
import {
  frozenInterpreter,
  type FrozenInterpreter,
  inferenceInterpreter,
  trainingInterpreter,
} from '../../src/backbones/interpreters.js';
import type {ConvLayer, Layer, NormLayer} from '../../src/backbones/layers.js';
import {networkLayers} from '../../src/backbones/network.js';
import {tf, type Tensor4D} from '../../src/backend/tensorflow.js';
import type {Classifier} from '../../src/heads/classifier.js';
import {useBackend} from '../helpers/backend.js';
import {draw, largestDifference} from '../helpers/gradients.js';
import {randomClassifier} from '../helpers/random-classifier.js';

const images = (): Tensor4D => draw('images', [2, 32, 32, 3]);

/** An interpreter that runs convolutions and batch norms one after the other. */
const unfolded = (interpreter: Interpreter<Tensor4D>): Interpreter<Tensor4D> => {
  const {convNorm: _convNorm, ...words} = interpreter;
  return words;
};

describe('the interpreters of a network', () => {
  useBackend();

  let classifier: Classifier;
  before(() => {
    classifier = randomClassifier({spec: {lastStage: 2}});
  });
  after(() => classifier.dispose());

  const expectSame = (found: Tensor4D, expected: Tensor4D): void => {
    const largest = tf.max(tf.abs(expected)).dataSync()[0]!;
    expect(largestDifference(found, expected) / largest).to.be.below(1e-5);
  };

  it('compute the same with batch norms folded and one after the other', () => {
    const {spec, weights} = classifier;
    const interpreter = inferenceInterpreter(weights);
    tf.tidy(() =>
      expectSame(
        forward(interpreter, spec, images()),
        forward(unfolded(interpreter), spec, images()),
      ),
    );
  });

  it('freeze convolutions and batch norms that have no other behind or before them', () => {
    const {spec, weights} = classifier;
    const [conv, norm] = networkLayers(spec) as readonly [ConvLayer, NormLayer, ...Layer[]];
    const interpreter = inferenceInterpreter(weights);
    const alone = [conv, norm].map(layer =>
      frozenInterpreter(weights, [{group: 0, layers: [layer], steps: [layer]}]),
    ) as [FrozenInterpreter, FrozenInterpreter];
    tf.tidy(() => {
      const convolved = alone[0].conv(conv, images());
      expectSame(convolved, interpreter.conv(conv, images()));
      expectSame(alone[1].norm(norm, convolved), interpreter.norm(norm, convolved));
    });
    expect([...alone[0].foldedTensors([conv, norm]).keys()]).to.deep.equal(['conv1.weight']);
    expect([...alone[1].foldedTensors([conv, norm]).keys()]).to.deep.equal([
      'bn1.weight',
      'bn1.bias',
    ]);
    alone.forEach(frozen => frozen.dispose());
  });

  it('tell the statistics of every batch norm that is trained', () => {
    const {spec, weights} = classifier;
    const told: string[] = [];
    const interpreter = trainingInterpreter(weights, (norm, statistics, count) => {
      told.push(`${norm} ${count}`);
      tf.dispose([statistics.mean, statistics.variance]);
    });
    tf.tidy(() => forward(interpreter, spec, images(), 0, 2));
    expect(told).to.deep.equal([
      'bn1 512',
      'layer1.0.bn1 128',
      'layer1.0.bn2 128',
      'layer1.1.bn1 128',
      'layer1.1.bn2 128',
    ]);
  });

  it('run a list in words alone', () => {
    const words: string[] = [];
    const say = (layer: Layer): null => {
      words.push(layer.kind);
      return null;
    };
    const interpreter: Interpreter<null> = {
      ...{conv: say, norm: say, relu: say, pad: say, maxPool: say, add: say},
      ...{averagePool: say, padChannels: say},
      scope: block => block(),
    };
    forward(interpreter, classifier.spec, null);
    expect(words).to.deep.equal(networkLayers(classifier.spec).map(({kind}) => kind));
  });
});
