import {expect} from 'chai';
import {defaultPretrained, listPretrained} from '../../../src/backbones/pretrained/pretrained.js';
import {ARCHS, type Arch} from '../../../src/backbones/resnet-specs.js';
import type {FreezeSchedule, Phase} from '../../../src/finetune/recipe/phases.js';
import type {RecipeInput} from '../../../src/finetune/recipe/recipe.js';
import {mergeRecipe, type ResolvedRecipe} from '../../../src/finetune/recipe/resolve-recipe.js';

const resolve = (values: RecipeInput, images: number): ResolvedRecipe =>
  mergeRecipe([{source: 'flag', values}], {
    ...{images, classes: 10, smallestClass: 100, largestClass: 100},
    ...{pretrained: values.weights !== 'none', gpu: true},
  });

const chosen = (values: RecipeInput, images: number): string => {
  const {recipe, sources, reasons} = resolve(values, images);
  expect(sources.weights).to.equal('recommended');
  expect(reasons[0]).to.match(new RegExp(`^weights ${recipe.weights}: `));
  return recipe.weights;
};

const reasonOf = (values: RecipeInput, images: number): string =>
  resolve(values, images).reasons[0]!;

const rates = {stem: null, stage1: null, stage2: null, stage3: null, stage4: 1e-4, head: 1e-4};
const LAST_STAGE: Phase = {name: 'last', epochs: 1, learningRates: rates};

describe('--weights auto', () => {
  for (const freeze of ['probe', 'probe-then-last-stage', 'probe-then-full'] as FreezeSchedule[]) {
    it(`is V1 for ${freeze}, however many images there are`, () => {
      for (const images of [100, 5000, 1_000_000])
        expect(chosen({freeze}, images)).to.equal('resnet50.imagenet1k-v1');
      expect(reasonOf({freeze}, 9000)).to.equal(
        'weights resnet50.imagenet1k-v1: frozen layers do best with weights trained without label smoothing',
      );
    });
  }

  it('is V1 for full training of fewer than 5,000 images', () => {
    expect(chosen({freeze: 'full'}, 4999)).to.equal('resnet50.imagenet1k-v1');
    expect(reasonOf({freeze: 'full'}, 4999)).to.equal(
      'weights resnet50.imagenet1k-v1: about 4,999 training images are few for full training, so features that transfer count more than accuracy on ImageNet',
    );
  });

  it('is V2 for full training of 5,000 images and more', () => {
    expect(chosen({freeze: 'full'}, 5000)).to.equal('resnet50.imagenet1k-v2');
    expect(reasonOf({freeze: 'full'}, 5000)).to.equal(
      'weights resnet50.imagenet1k-v2: about 5,000 training images train the whole network, which does best with the weights most accurate on ImageNet',
    );
  });

  it('is V1 for listed phases that keep a layer group frozen', () => {
    expect(chosen({phases: [LAST_STAGE]}, 9000)).to.equal('resnet50.imagenet1k-v1');
  });

  it('is V2 for listed phases that train every group up to the last stage', () => {
    const learningRates = {
      ...rates,
      stem: 1e-5,
      stage1: 1e-5,
      stage4: null,
      stage2: 1e-5,
      stage3: 1e-5,
    };
    const phases = [{name: 'all', epochs: 1, learningRates}];
    expect(chosen({phases, lastStage: 3}, 9000)).to.equal('resnet50.imagenet1k-v2');
  });

  it("takes timm's weights where torchvision published no second ones", () => {
    for (const arch of ['resnet18', 'resnet34'] as Arch[])
      expect(chosen({arch, freeze: 'full'}, 5000)).to.equal(`${arch}.a1-in1k`);
  });

  it('says where a network has no weights of the kind', () => {
    expect(reasonOf({arch: 'resnext101_64x4d', freeze: 'probe'}, 100)).to.equal(
      'weights resnext101_64x4d.imagenet1k-v1: frozen layers do best with weights trained without label smoothing, but resnext101_64x4d has none',
    );
  });

  it('never chooses weights that are not for commercial use', () => {
    const published = ARCHS.filter(arch => defaultPretrained(arch, 'probe') !== undefined);
    expect(published.length).to.be.above(20);
    const names = published.flatMap(arch =>
      (['probe', 'full'] as const).map(freeze => chosen({arch, freeze}, 10_000)),
    );
    expect(
      listPretrained().filter(({name, nonCommercial}) => nonCommercial && names.includes(name)),
    ).to.deep.equal([]);
  });

  it('stores the full name of weights that were named in short', () => {
    for (const weights of ['v2', 'IMAGENET1K_V2'])
      expect(resolve({weights}, 9000).recipe.weights).to.equal('resnet50.imagenet1k-v2');
  });

  it('recommends nothing over what was said', () => {
    for (const weights of ['none', 'resnet50.imagenet1k-v2', './mine.pth']) {
      const {recipe, sources, reasons} = resolve({weights, freeze: 'full'}, 9000);
      expect([recipe.weights, sources.weights]).to.deep.equal([weights, 'flag']);
      expect(reasons.filter(reason => reason.startsWith('weights'))).to.deep.equal([]);
    }
  });
});
