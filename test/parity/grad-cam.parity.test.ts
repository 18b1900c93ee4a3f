import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {loadStateDict, toDevice} from '../../src/backbones/parameters.js';
import {backboneShapes, featureWidth} from '../../src/backbones/network.js';
import type {Arch, BackboneSpec} from '../../src/backbones/resnet-specs.js';
import {tf} from '../../src/backend/tensorflow.js';
import {TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import {attachHead, type Classifier} from '../../src/heads/classifier.js';
import {denseLayers, headShapes, type HeadSpec} from '../../src/heads/head.js';
import {toInference} from '../../src/heads/inference-model.js';
import {useBackend} from '../helpers/backend.js';
import {hashed, uniform} from '../helpers/hashed-weights.js';
import {TORCHVISION_FAMILY} from '../helpers/random-classifier.js';

interface Golden {
  readonly arch: Arch;
  readonly stages: BackboneSpec['lastStage'];
  readonly head: Pick<HeadSpec, 'type' | 'pooling'>;
  /** Height and width of the image. */
  readonly size: readonly [number, number];
  /** Rows and columns of a map. */
  readonly shape: readonly [number, number];
  /** By the label. */
  readonly maps: Readonly<Record<string, readonly number[]>>;
}

const CLASS_NAMES = ['a', 'b', 'c', 'd', 'e'];
const GOLDENS = JSON.parse(
  readFileSync(new URL('../../../test/parity/goldens/grad-cam.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Golden>>;
const HOW_TO_REGENERATE =
  'the head of test/parity/generate_grad_cam.py says how to make the goldens again';

/** A classifier with the weights of the golden. The caller disposes it. */
function hashedClassifier({arch, stages, head}: Golden): Classifier {
  const spec: BackboneSpec = {arch, lastStage: stages, ...TORCHVISION_FAMILY};
  const shapes = [...backboneShapes(spec)];
  const weights = toDevice(new Map(shapes.map(([name, shape]) => [name, hashed(name, shape)])));
  const backbone = {spec, preprocessing: TORCHVISION_PREPROCESSING, weights, origin: 'hashed'};
  const headSpec = {...head, dropout: 0};
  const classifier = attachHead(backbone, headSpec, CLASS_NAMES, 1);
  const layers = denseLayers(headSpec, featureWidth(spec), CLASS_NAMES.length);
  const tensors = [...headShapes(layers)].map(([name, shape]) => [name, hashed(name, shape)] as const); // prettier-ignore
  loadStateDict(classifier.weights, new Map(tensors));
  return classifier;
}

describe('activation maps against the package grad-cam', () => {
  useBackend();

  for (const [name, golden] of Object.entries(GOLDENS))
    it(`are the same: ${name}`, () => {
      const [height, width] = golden.size;
      const classifier = hashedClassifier(golden);
      const network = toInference(classifier);
      const values = uniform('pixels', height * width * 3).map(u => Math.floor((u + 1) * 128));
      const pixels = tf.tensor4d(values, [1, height, width, 3]);
      for (const [label, expected] of Object.entries(golden.maps)) {
        const [map] = network.activationMaps(pixels, [Number(label)]);
        expect([map!.rows, map!.columns], HOW_TO_REGENERATE).to.deep.equal(golden.shape);
        const largest = Math.max(...expected);
        expect(largest).to.be.above(0);
        // The package weights channels by means of the gradient over the places, and not by sums.
        const worst = Math.max(
          ...expected.map((value, i) => Math.abs(value - map!.values[i]! / expected.length)),
        );
        expect(worst / largest, HOW_TO_REGENERATE).to.be.below(1e-4);
      }
      pixels.dispose();
      network.dispose();
      classifier.dispose();
    });
});
