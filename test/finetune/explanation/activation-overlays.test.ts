import {expect} from 'chai';
import sharp from 'sharp';
import {tf} from '../../../src/backend/tensorflow.js';
import {createRng} from '../../../src/core/rng.js';
import {createHeatMap} from '../../../src/datasets/activation-maps/heat-map.js';
import {centerCrop} from '../../../src/datasets/images/crop.js';
import type {DecodedImage} from '../../../src/datasets/images/resample.js';
import type {Sample} from '../../../src/datasets/sample.js';
import {activationOverlays} from '../../../src/finetune/explanation/activation-overlays.js';
import {findCorrectImages} from '../../../src/finetune/explanation/correct-images.js';
import {findMisclassifications} from '../../../src/finetune/explanation/misclassifications.js';
import type {Prepared} from '../../../src/finetune/preparation/prepared.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import {toInference} from '../../../src/heads/inference-model.js';
import {useBackend} from '../../helpers/backend.js';
import {randomClassifier, randomHead} from '../../helpers/random-classifier.js';

/** An image of noise, but black on the left. */
function halfBlack(name: string): DecodedImage {
  const [width, height] = [96, 80];
  const stream = createRng('image', name);
  const data = Uint8Array.from({length: width * height * 3}, (_, at) =>
    Math.floor(at / 3) % width < width / 2 ? 0 : stream.integer(256),
  );
  return {data, width, height};
}

function preparedOf(classifier: Classifier, names: readonly (readonly [string, number])[]) {
  const cache = {
    image: ({name}: Sample) => {
      if (name === 'gone.jpg') throw new Error('gone');
      return halfBlack(name);
    },
  };
  const validation = names.map(([name, label]) => ({name, label, path: name}));
  const sourceOf = (samples: readonly Sample[]) => ({cache, samples, size: 64, augmentation: {}, seed: 1}); // prettier-ignore
  return {classifier, cache, split: {validation}, sourceOf} as unknown as Prepared;
}

describe('activation maps in a report', () => {
  useBackend();
  let classifier: Classifier;
  beforeEach(() => {
    classifier = randomClassifier({spec: {lastStage: 3}});
    randomHead(classifier, 5);
  });
  afterEach(() => classifier.dispose());

  it('lie where the network sees the thumbnail, one for each image that is left', async () => {
    const names = Array.from({length: 10}, (_, i) => [`${i}.jpg`, i % 3] as const);
    const prepared = preparedOf(classifier, [...names, ['gone.jpg', 0]]);
    const answers = prepared.split.validation.map(sample => ({sample, classIndex: sample.label}));
    const overlays = await activationOverlays(prepared, answers);
    expect([...overlays.keys()]).to.deep.equal(names.map(([name]) => name));
    // The thumbnail shows 80 x 80 pixels, the network sees 64 x 64 in the middle.
    expect(overlays.get('0.jpg')!.margin).to.equal(0.1);
    const png = Buffer.from(overlays.get('9.jpg')!.image.split(',')[1]!, 'base64');
    expect(await sharp(png).metadata()).to.include({width: 4, height: 4, hasAlpha: true});
  });

  it('are of the predicted class for a mistake, and of the class for a hit', async () => {
    const prepared = preparedOf(classifier, [
      ['wrong.jpg', 0],
      ['right.jpg', 1],
      ['unsure.jpg', 1],
    ]);
    const probabilities = Float32Array.of(0.1, 0.2, 0.7, 0.05, 0.9, 0.05, 0.3, 0.4, 0.3);
    const [mistake, ...others] = await findMisclassifications(prepared, probabilities);
    expect(others).to.deep.equal([]);
    const {validation} = prepared.split;
    const predicted = await activationOverlays(prepared, [{sample: validation[0]!, classIndex: 2}]);
    expect(mistake!.activation).to.deep.equal(predicted.get('wrong.jpg'));
    const truth = await activationOverlays(prepared, [{sample: validation[0]!, classIndex: 0}]);
    expect(mistake!.activation).to.not.deep.equal(truth.get('wrong.jpg'));

    const hits = await findCorrectImages(prepared, probabilities);
    expect(hits.map(({name, className}) => [name, className])).to.deep.equal([
      ['right.jpg', 'bees'],
    ]);
    expect(hits[0]!.confidence).to.be.closeTo(0.9, 1e-6);
    expect(hits[0]!.thumbnail).to.match(/^data:image\/webp/);
    expect(hits[0]!.activation!.image).to.match(/^data:image\/png/);
  });

  it('are those of Grad-CAM for an mlp on both poolings', async () => {
    const mlp = randomClassifier({head: {type: 'mlp', pooling: 'avg+max'}});
    const prepared = preparedOf(mlp, [['a.jpg', 0]]);
    const [sample] = prepared.split.validation;
    const overlays = await activationOverlays(prepared, [{sample: sample!, classIndex: 1}]);
    const network = toInference(mlp);
    const pixels = tf.tensor4d(centerCrop(halfBlack('a.jpg'), 64), [1, 64, 64, 3], 'int32');
    const [map] = network.activationMaps(pixels, [1]);
    tf.dispose(pixels);
    network.dispose();
    expect(overlays.get('a.jpg')!.image).to.equal(await createHeatMap(map!));
    const [mistake] = await findMisclassifications(prepared, Float32Array.of(0.1, 0.8, 0.1));
    expect(mistake!.activation).to.deep.equal(overlays.get('a.jpg'));
    mlp.dispose();
  });
});
