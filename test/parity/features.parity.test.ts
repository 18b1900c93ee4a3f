import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {toDevice} from '../../src/backbones/parameters.js';
import {readSafetensors} from '../../src/backbones/readers/safetensors.js';
import {backboneShapes} from '../../src/backbones/network.js';
import type {Arch, BackboneSpec} from '../../src/backbones/resnet-specs.js';
import {TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import {tf, type Tensor4D} from '../../src/backend/tensorflow.js';
import {exportFeatures} from '../../src/export/features/export-features.js';
import {readLayersModel} from '../../src/export/tfjs/layers-model-files.js';
import {useBackend} from '../helpers/backend.js';
import {hashed, uniform} from '../helpers/hashed-weights.js';
import {temporaryDirectory} from '../helpers/temporary.js';

interface Summary {
  readonly shape: readonly number[];
  readonly meanAbsolute: number;
  readonly values: readonly number[];
}

interface Golden {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly features: Readonly<Record<string, Summary>>;
}

const ARCHS = ['resnet18', 'resnet50', 'resnext50_32x4d'] as const satisfies readonly Arch[];
const GOLDENS = JSON.parse(
  readFileSync(new URL('../../../test/parity/goldens/features.json', import.meta.url), 'utf8'),
) as Readonly<Record<(typeof ARCHS)[number], Golden>>;
const HOW_TO_REGENERATE =
  'the head of test/parity/generate_features.py says how to make the goldens again';

/** PyTorch and TensorFlow add in another order: 1e-4 of the value and the map's mean magnitude, over some fifty layers of float32. */
function expectSummary(found: Tensor4D, {shape, meanAbsolute, values}: Summary): void {
  expect(found.shape, HOW_TO_REGENERATE).to.deep.equal(shape);
  const flat = found.dataSync();
  const at = values.map((_, i) => Math.trunc((i * (flat.length - 1)) / (values.length - 1)));
  const worst = Math.max(
    ...values.map((value, i) => Math.abs(value - flat[at[i]!]!) / (meanAbsolute + Math.abs(value))),
  );
  expect(worst, HOW_TO_REGENERATE).to.be.below(1e-4);
}

/** Exports the feature maps of a network with the weights of the golden. */
async function exportHashed(arch: Arch, names: readonly string[]): Promise<string> {
  const spec: BackboneSpec = {arch, lastStage: 4, strideIn1x1: false, batchNormEpsilon: 1e-5};
  const tensors = new Map(
    [...backboneShapes(spec)].map(([name, shape]) => [name, hashed(name, shape)]),
  );
  const weights = toDevice(tensors);
  const backbone = {spec, preprocessing: TORCHVISION_PREPROCESSING, weights, origin: 'hashed'};
  const out = join(temporaryDirectory(), 'features');
  await exportFeatures(backbone, names, out, {card: ''});
  tf.dispose([...weights.values()]);
  return out;
}

describe("exported features against torchvision's detectors", () => {
  useBackend();

  for (const arch of ARCHS) {
    it(`${arch} has the tensors and the maps of resnet_fpn_backbone`, async () => {
      const {shapes, features} = GOLDENS[arch];
      const directory = await exportHashed(arch, Object.keys(features));
      const {tensors} = await readSafetensors(join(directory, 'backbone.safetensors'));
      const found = [...tensors].map(([name, {shape}]) => [name, [...shape]] as const);
      expect(Object.fromEntries(found)).to.deep.equal(shapes);
      const model = await readLayersModel(directory);
      const values = uniform('pixels', 2 * 96 * 64 * 3).map(u => Math.floor((u + 1) * 128));
      const pixels = tf.tensor4d(values, [2, 96, 64, 3]);
      const maps = model.predict(pixels) as Tensor4D[];
      expect(model.outputNames).to.deep.equal(Object.keys(features));
      Object.values(features).forEach((summary, i) => expectSummary(maps[i]!, summary));
      tf.dispose([pixels, maps]);
      model.dispose();
    });
  }
});
