import {expect} from 'chai';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {disposeWeights, toHost, type Backbone} from '../../../src/backbones/parameters.js';
import {loadBackbone, createRandomBackbone} from '../../../src/backbones/load-backbone.js';
import {locateWeights} from '../../../src/backbones/pretrained/locate-weights.js';
import {writeSafetensors} from '../../../src/backbones/weights/safetensors-writer.js';
import type {CpuTensor} from '../../../src/core/state-dict.js';
import {headless, stateDict, type StateDict} from '../../helpers/checkpoints.js';
import {useBackend} from '../../helpers/backend.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const BASE = headless(stateDict('resnet18', 2));
const TRAINED = Object.fromEntries(
  Object.entries(stateDict('resnet18', 2, 'trained ')).filter(([name]) =>
    /^(layer2|fc)\./.test(name),
  ),
);

async function save(
  path: string,
  tensors: StateDict,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  mkdirSync(join(path, '..'), {recursive: true});
  await writeSafetensors(path, new Map(Object.entries(tensors)), metadata);
  return path;
}

/** A run that trained stage 2 and the head, from the weights that it names. */
async function run(weights: string, recipe: object = {}): Promise<string> {
  const directory = temporaryDirectory();
  writeFileSync(
    join(directory, 'recipe.json'),
    JSON.stringify({arch: 'resnet18', lastStage: 2, weights, seed: 5, ...recipe}),
  );
  await save(join(directory, 'checkpoints', 'best', 'weights.safetensors'), TRAINED);
  return join(directory, 'checkpoints', 'best');
}

describe("a checkpoint of one's own run", () => {
  useBackend();

  async function loaded(options: string): Promise<{
    readonly backbone: Omit<Backbone, 'weights'>;
    readonly tensors: Map<string, CpuTensor>;
  }> {
    const {path, pretrained: card, base} = await locateWeights(options, 'resnet18');
    const {weights, ...backbone} = await loadBackbone('resnet18', 2, path, card, {
      ...(base && {base}),
    });
    const tensors = toHost(weights);
    disposeWeights(weights);
    return {backbone, tensors};
  }

  it('has from its run what it does not hold, and the variant', async () => {
    const began = await save(join(temporaryDirectory(), 'base.safetensors'), BASE, {
      stride_on: '1x1',
    });
    const folder = await run(began);
    for (const options of [folder, join(folder, 'weights.safetensors')]) {
      const {backbone, tensors} = await loaded(options);
      expect(backbone.spec.strideIn1x1).to.equal(true);
      expect(backbone.origin).to.equal(join(folder, 'weights.safetensors'));
      expect(Object.fromEntries(tensors)).to.deep.equal({...BASE, ...headless(TRAINED)});
    }
  });

  it('goes back over several runs, to the random weights of the first', async () => {
    const {tensors} = await loaded(await run(await run('none')));
    const first = createRandomBackbone('resnet18', 2, 5);
    const expected = toHost(first.weights, name => name === 'layer1.0.conv1.weight');
    disposeWeights(first.weights);
    expect(tensors.get('layer1.0.conv1.weight')).to.deep.equal(
      expected.get('layer1.0.conv1.weight'),
    );
    expect(tensors.get('layer2.0.conv1.weight')).to.deep.equal(TRAINED['layer2.0.conv1.weight']);
  });

  it('is refused for another depth, and for stages that its run did not have', async () => {
    const other = await rejectionOf(loaded(await run('none', {arch: 'resnet34'})));
    expect(other.message).to.match(
      /is a checkpoint of a resnet34 up to stage 2\. Add --arch resnet34 --last-stage 2\.$/,
    );
    expect(other.exitCode).to.equal(2);
    const shorter = await rejectionOf(loaded(await run('none', {lastStage: 1})));
    expect(shorter.message).to.match(
      /is a checkpoint of a resnet18 up to stage 1\. Add --arch resnet18 --last-stage 1\.$/,
    );
  });

  it('is refused where its run began with itself', async () => {
    const folder = await run('auto');
    const recipe = {
      arch: 'resnet18',
      lastStage: 2,
      weights: join(folder, 'weights.safetensors'),
      seed: 5,
    };
    writeFileSync(join(folder, '..', '..', 'recipe.json'), JSON.stringify(recipe));
    const error = await rejectionOf(loaded(folder));
    expect(error.message).to.match(
      /is a checkpoint of a run that began with that very file, which is gone\. Give the model of the run\.$/,
    );
    expect(error.exitCode).to.equal(2);
  });

  it('needs no run where it is whole', async () => {
    const path = await save(join(temporaryDirectory(), 'weights.safetensors'), BASE);
    expect(Object.fromEntries((await loaded(path)).tensors)).to.deep.equal(BASE);
  });
});
