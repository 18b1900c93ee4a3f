import {expect} from 'chai';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {getPretrained} from '../../../src/backbones/pretrained/pretrained.js';
import {disposeWeights} from '../../../src/backbones/parameters.js';
import type {Preprocessing} from '../../../src/core/preprocessing.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import {openBackbone} from '../../../src/finetune/preparation/open-backbone.js';
import type {RecipeInput} from '../../../src/finetune/recipe/recipe.js';
import {RunContext} from '../../../src/finetune/run/run-context.js';
import {useBackend} from '../../helpers/backend.js';
import {headless, stateDict, torchSaved} from '../../helpers/checkpoints.js';
import {smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('openBackbone', () => {
  useBackend();
  let folder: ImageFolder;
  before(async () => void (folder = await smallFolder()));

  const {FINETUNE_CACHE: cacheBefore, HF_HOME: hubBefore} = process.env;
  const restore = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  beforeEach(() => void (process.env.FINETUNE_CACHE = temporaryDirectory()));
  afterEach(() => {
    restore('FINETUNE_CACHE', cacheBefore);
    restore('HF_HOME', hubBefore);
  });

  async function opened(
    options: RecipeInput,
  ): Promise<{preprocessing: Preprocessing; run: RunContext}> {
    const run = new RunContext({offline: true});
    const {backbone} = await openBackbone(smallRecipe(folder, options), run);
    disposeWeights(backbone.weights);
    return {preprocessing: backbone.preprocessing, run};
  }

  describe('of weights that were trained on squashed images', () => {
    const MIIL = {arch: 'resnet50', weights: 'miil'} as const;
    beforeEach(() => {
      const directory = join(process.env.FINETUNE_CACHE!, 'weights');
      mkdirSync(directory);
      const {file} = getPretrained('miil', 'resnet50');
      const saved = {state_dict: headless(stateDict('resnet50', 1))};
      writeFileSync(join(directory, file), torchSaved(saved));
    });

    it('squashes images unless the recipe says how to fit them', async () => {
      expect((await opened(MIIL)).preprocessing).to.include({fit: 'squash', cropSize: 32});
      expect((await opened({...MIIL, fit: 'pad'})).preprocessing.fit).to.equal('pad');
      expect((await opened({...MIIL, fit: 'crop'})).preprocessing).to.not.have.property('fit');
    });

    it('normalizes nothing', async () => {
      expect((await opened(MIIL)).preprocessing).to.deep.include({
        mean: [0, 0, 0],
        std: [1, 1, 1],
      });
    });
  });

  it('crops images for other weights', async () => {
    expect((await opened({weights: 'none'})).preprocessing).to.not.have.property('fit');
  });

  it('warns of a license that forbids commercial use', async () => {
    // A file in Hugging Face's cache whose name is no checksum is trusted, so it can stand in for the published one.
    const hub = (process.env.HF_HOME = temporaryDirectory());
    const repository = join(hub, 'hub', 'models--timm--resnet18.fb_swsl_ig1b_ft_in1k');
    const snapshot = join(repository, 'snapshots', 'main');
    mkdirSync(snapshot, {recursive: true});
    writeFileSync(join(snapshot, 'model.safetensors'), torchSaved(stateDict('resnet18', 1)));
    const {run} = await opened({weights: 'swsl'});
    expect(run.findings).to.deep.equal([
      {
        code: 'non-commercial-weights',
        severity: 'warning',
        message:
          'resnet18.fb-swsl-ig1b-ft-in1k is published under CC-BY-NC-4.0, not for commercial use. A model trained from it may be bound by that. Choose other weights for anything commercial.',
        files: [],
      },
    ]);
    expect((await opened({weights: 'none'})).run.findings).to.deep.equal([]);
  });
});
