import {expect} from 'chai';
import {UsageError} from '../../../src/core/errors.js';
import type {ImageFolder, Sample} from '../../../src/datasets/sample.js';
import type {Phase} from '../../../src/finetune/recipe/phases.js';
import type {RecipeInput} from '../../../src/finetune/recipe/recipe.js';
import type {DatasetStats} from '../../../src/finetune/recipe/recommend.js';
import {computeDatasetStats} from '../../../src/finetune/recipe/dataset-stats.js';
import {
  mergeRecipe,
  resolveRecipe,
  type ResolvedRecipe,
} from '../../../src/finetune/recipe/resolve-recipe.js';

const FACTS: DatasetStats = {
  images: 1000,
  classes: 10,
  smallestClass: 80,
  largestClass: 100,
  pretrained: true,
  gpu: false,
};
const FROZEN = {stem: null, stage1: null, stage2: null, stage3: null, stage4: null, head: null};
const PHASES: readonly Phase[] = [{name: 'mine', epochs: 7, learningRates: {...FROZEN, head: 0.5}}];

const samples = (classes: readonly number[]): Sample[] =>
  classes.flatMap((count, label) =>
    Array.from({length: count}, (_, i) => ({path: `/${label}/${i}`, name: `${label}/${i}`, label})),
  );

const folder = (classes: readonly number[], splits: Partial<ImageFolder> = {}): ImageFolder => ({
  root: '/images',
  classNames: classes.map(String),
  samples: samples(classes),
  findings: [],
  layout: 'classes',
  ...splits,
});

const flags = (values: RecipeInput, facts: Partial<DatasetStats> = {}): ResolvedRecipe =>
  mergeRecipe([{source: 'flag', values}], {...FACTS, ...facts});

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(UsageError);
    expect((error as UsageError).exitCode).to.equal(2);
    return (error as UsageError).message;
  }
  throw new Error('Expected a refusal, but found none.');
}

describe('resolveLayers', () => {
  it('takes each value from the strongest place that says it, and tells which', () => {
    const {recipe, sources} = mergeRecipe(
      [
        {source: 'flag', values: {seed: 1}},
        {source: 'environment', values: {seed: 2, batchSize: 8}},
        {source: 'recipe file', values: {seed: 3, batchSize: 9, arch: 'resnet18'}},
      ],
      FACTS,
    );
    expect(recipe).to.include({
      seed: 1,
      batchSize: 8,
      arch: 'resnet18',
      views: 2,
      optimizer: 'adamw',
      valSplit: 0.2,
    });
    expect(sources).to.include({
      seed: 'flag',
      batchSize: 'environment',
      arch: 'recipe file',
      views: 'recommended',
      freeze: 'recommended',
      optimizer: 'default',
      valSplit: 'default',
    });
  });

  it('leaves nothing open', () => {
    const {recipe} = flags({});
    expect(recipe).to.deep.equal({
      arch: 'resnet50',
      weights: 'resnet50.imagenet1k-v1',
      lastStage: 4,
      head: 'linear',
      pooling: 'avg',
      dropout: 0,
      phases: [
        {name: 'probe', epochs: 16, learningRates: {...FROZEN, head: 3e-3}},
        {name: 'last-stage', epochs: 8, learningRates: {...FROZEN, stage4: 1e-4, head: 1e-4}},
      ],
      batchSize: 32,
      lrSchedule: 'cosine',
      warmup: 0.1,
      optimizer: 'adamw',
      weightDecay: 0.01,
      labelSmoothing: 0.1,
      clipNorm: 1,
      batchNorm: 'inference',
      augment: 'standard',
      views: 2,
      headSolver: 'lbfgs',
      precision: 'fp32',
      groupBy: 'near-duplicates',
      classBalance: 'none',
      valSplit: 0.2,
      testSplit: 0,
      seed: 42,
    });
  });

  it('keeps user name, password and query of an address out of the recipe', () => {
    const {recipe} = mergeRecipe(
      [{source: 'flag', values: {weights: 'https://ann:secret@host/net.pth?token=secret'}}],
      FACTS,
    );
    expect(recipe.weights).to.equal('https://host/net.pth');
  });

  it('takes what is undefined for unsaid', () => {
    const layers = [
      {source: 'flag', values: {batchSize: undefined, freeze: undefined} as unknown as RecipeInput},
      {source: 'recipe file', values: {batchSize: 64, freeze: 'probe'} as const},
    ] as const;
    const {recipe, sources} = mergeRecipe(layers, FACTS);
    expect(sources).to.include({batchSize: 'recipe file', freeze: 'recipe file'});
    expect(recipe.phases).to.deep.equal([
      {name: 'probe', epochs: 32, learningRates: {...FROZEN, head: 3e-3}},
    ]);
  });

  it('says why what it recommends, not why what was said', () => {
    expect(flags({}).reasons).to.deep.equal([
      'weights resnet50.imagenet1k-v1: frozen layers do best with weights trained without label smoothing',
      'freeze probe-then-last-stage: about 1,000 training images carry the head and the last stage',
      'epochs 8: about 8,000 images shown, from a head that is fitted already',
      'batchNorm inference: stored batch-norm statistics are better than those of small batches',
    ]);
    expect(
      flags({freeze: 'full', epochs: 3, batchNorm: 'training', weights: 'v2'}).reasons,
    ).to.deep.equal([]);
  });

  it('gives a schedule that ends with the probe the numbers of the probe', () => {
    const {recipe, reasons} = flags({
      freeze: 'probe',
      batchSize: 16,
      headSolver: 'optimizer',
    });
    expect(recipe.phases).to.deep.equal([
      {name: 'probe', epochs: 8, learningRates: {...FROZEN, head: 3e-3}},
    ]);
    expect(reasons).to.include(
      `epochs ${recipe.phases[0]!.epochs}: a head on fixed features settles in about 500 updates`,
    );
    expect(flags({}, {images: 100}).recipe.phases[0]).to.deep.equal({
      name: 'probe',
      epochs: 60,
      learningRates: {...FROZEN, head: 3e-3},
    });
  });

  it('smooths no targets of a head that is solved, unless told to', () => {
    expect(flags({freeze: 'probe'}).recipe).to.include({headSolver: 'lbfgs', labelSmoothing: 0});
    expect(flags({freeze: 'probe', labelSmoothing: 0.2}).recipe.labelSmoothing).to.equal(0.2);
    expect(flags({freeze: 'probe', headSolver: 'optimizer'}).recipe.labelSmoothing).to.equal(0.1);
    expect(flags({freeze: 'probe-then-last-stage'}).recipe).to.include({
      headSolver: 'lbfgs',
      labelSmoothing: 0.1,
    });
  });

  it('leaves a head to the optimizer where the solver cannot obey what was said', () => {
    const solverOf = (values: RecipeInput): string => flags(values).recipe.headSolver;
    for (const values of [
      {head: 'mlp'},
      {dropout: 0.1},
      {freeze: 'probe', epochs: 3},
      {freeze: 'probe', optimizer: 'lion'},
      {phases: flags({freeze: 'probe'}).recipe.phases},
    ] as const)
      expect(solverOf(values), JSON.stringify(values)).to.equal('optimizer');
    expect(solverOf({freeze: 'probe-then-last-stage', epochs: 3})).to.equal('lbfgs');
  });

  it('refuses a solver next to what it cannot obey', () => {
    expect(refusal(() => flags({headSolver: 'lbfgs', head: 'mlp'}))).to.equal(
      '--head-solver lbfgs cannot be used with --head mlp: only a linear head has one solution. ' +
        'Remove one of the two, or use --head-solver optimizer.',
    );
    expect(refusal(() => flags({headSolver: 'lbfgs', dropout: 0.2}))).to.include('--dropout 0.2');
    expect(
      refusal(() => flags({headSolver: 'lbfgs', freeze: 'probe', weightDecay: 0.1})),
    ).to.include('--weight-decay: a solved head has no steps');
  });

  it('gives the epochs and the rate that were said to the last phase', () => {
    const epochsAndRates = (values: RecipeInput): unknown =>
      flags(values).recipe.phases.map(({epochs, learningRates: rates}) => [epochs, rates.head]);
    expect(epochsAndRates({freeze: 'probe', epochs: 3, lr: 0.1})).to.deep.equal([[3, 0.1]]);
    expect(epochsAndRates({freeze: 'probe-then-last-stage', epochs: 3, lr: 0.1})).to.deep.equal([
      [16, 3e-3],
      [3, 0.1],
    ]);
  });

  it('moves every group alike where there is nothing pretrained', () => {
    const [all] = flags({weights: 'none'}, {pretrained: false}).recipe.phases;
    expect(new Set(Object.values(all!.learningRates))).to.deep.equal(new Set([1e-3]));
  });

  it('ends a schedule where the backbone ends', () => {
    expect(
      flags({lastStage: 3, freeze: 'probe-then-last-stage'}).recipe.phases[1]!.learningRates,
    ).to.deep.equal({...FROZEN, stage3: 1e-4, head: 1e-4});
  });

  it('takes a list of phases as it is, and recommends no numbers for it', () => {
    const {recipe, sources, reasons} = flags({phases: PHASES});
    expect(recipe.phases).to.equal(PHASES);
    expect(sources).to.not.have.any.keys('epochs', 'lr');
    expect(reasons).to.deep.equal([
      'weights resnet50.imagenet1k-v1: frozen layers do best with weights trained without label smoothing',
      'batchNorm inference: stored batch-norm statistics are better than those of small batches',
    ]);
  });

  it('lets a named schedule of a stronger place win over a list', () => {
    const {recipe} = mergeRecipe(
      [
        {source: 'flag', values: {freeze: 'probe', epochs: 2}},
        {source: 'recipe file', values: {phases: PHASES}},
      ],
      FACTS,
    );
    expect(recipe.phases).to.deep.equal([
      {name: 'probe', epochs: 2, learningRates: {...FROZEN, head: 3e-3}},
    ]);
  });

  it('lets a list of a stronger place win over a named schedule', () => {
    const {recipe, sources} = mergeRecipe(
      [
        {source: 'flag', values: {phases: PHASES}},
        {source: 'recipe file', values: {freeze: 'full'}},
      ],
      FACTS,
    );
    expect(recipe.phases).to.equal(PHASES);
    expect(sources).to.include({phases: 'flag'}).and.not.have.any.keys('freeze');
  });

  it('refuses a named schedule and a list in one place', () => {
    expect(refusal(() => flags({freeze: 'probe', phases: PHASES}))).to.equal(
      'Both freeze and phases are set (flag). Phases are a schedule of their own. Remove one of the two.',
    );
  });

  for (const [key, value] of [
    ['epochs', 3],
    ['lr', 0.1],
  ] as const) {
    it(`refuses --${key} next to a list of phases, where it would have no effect`, () => {
      const layers = [
        {source: 'flag', values: {[key]: value}},
        {source: 'recipe file', values: {phases: PHASES}},
      ] as const;
      expect(refusal(() => mergeRecipe(layers, FACTS))).to.equal(
        `--${key} ${value} (flag) has no effect: the recipe lists phases, which have their own. ` +
          'Change the phases, or name a schedule with --freeze.',
      );
    });
  }

  it('refuses phases that the backbone cannot be trained by', () => {
    expect(
      refusal(() =>
        flags({
          lastStage: 2,
          phases: [{name: 'last-stage', epochs: 1, learningRates: {...FROZEN, stage4: 1, head: 1}}],
        }),
      ),
    ).to.equal(
      'Phase "last-stage" has a learning rate for stage4, but the backbone ends at stage2. Set it to null, or raise --last-stage.',
    );
    expect(
      refusal(() => flags({phases: [{name: 'idle', epochs: 1, learningRates: FROZEN}]})),
    ).to.equal(
      'Phase "idle" trains nothing: every group is frozen. Give at least one group a learning rate.',
    );
  });
});

describe('factsOf', () => {
  it('counts what is left to train on', () => {
    expect(computeDatasetStats(folder([100, 50]), {}, false)).to.deep.equal({
      images: 120,
      classes: 2,
      smallestClass: 40,
      largestClass: 80,
      pretrained: true,
      embedded: false,
      gpu: false,
    });
    expect(
      computeDatasetStats(folder([100, 50]), {valSplit: 0.5, testSplit: 0.25}, true),
    ).to.include({
      images: 38,
      smallestClass: 13,
      largestClass: 25,
      gpu: true,
    });
  });

  it('holds nothing back from training where the folder brings its own validation and test images', () => {
    const own = folder([100, 50], {validation: samples([5, 5]), test: samples([5, 5])});
    expect(computeDatasetStats(own, {testSplit: 0.5, weights: 'none'}, false)).to.include({
      images: 150,
      smallestClass: 50,
      largestClass: 100,
      pretrained: false,
    });
  });
});

describe('resolveRecipe', () => {
  const resolve = (input: object): unknown =>
    resolveRecipe(input as RecipeInput, folder([100, 50]));

  it('fills in what was not said', () => {
    const recipe = resolveRecipe({arch: 'resnet18', batchSize: 16}, folder([100, 50]));
    expect(recipe).to.include({
      arch: 'resnet18',
      batchSize: 16,
      optimizer: 'adamw',
      augment: 'light',
    });
    expect(recipe.phases.map(({name}) => name)).to.deep.equal(['probe']);
  });

  it('recommends for a GPU where there is one', () => {
    const large = folder([2000, 2000]);
    expect(resolveRecipe({}, large, {gpu: true}).phases.map(({name}) => name)).to.deep.equal([
      'probe',
      'full',
    ]);
    expect(resolveRecipe({}, large).phases.map(({name}) => name)).to.deep.equal([
      'probe',
      'last-stage',
    ]);
  });

  const wrongs: readonly (readonly [what: string, input: object, message: string])[] = [
    [
      'an unknown key, naming the nearest',
      {batchsize: 8},
      'Recipe: "batchsize" is no known key; did you mean batchSize?',
    ],
    [
      'an arch that is none',
      {arch: 'resnet51'},
      'Recipe: "arch" cannot be "resnet51"; did you mean resnet50?',
    ],
    ['a number out of range', {epochs: 0}, 'Recipe: "epochs" must be >= 1; it is 0.'],
    [
      'a schedule that is none',
      {freeze: 'last-stage'},
      'Recipe: "freeze" cannot be "last-stage". Use probe, probe-then-last-stage, probe-then-full or full.',
    ],
    ['no phases', {phases: []}, 'Recipe: "phases" must NOT have fewer than 1 items; it is [].'],
  ];
  for (const [what, input, message] of wrongs) {
    it(`refuses ${what}`, () => expect(refusal(() => resolve(input))).to.equal(message));
  }

  const phase = (change: object): object => ({phases: [{...PHASES[0], ...change}]});
  const {stage2: _absent, ...incomplete} = PHASES[0]!.learningRates;
  const wrongPhases: readonly (readonly [what: string, change: object, message: string])[] = [
    [
      'that does not name every group',
      {learningRates: incomplete},
      'Recipe: "phases.0.learningRates.stage2" is missing.',
    ],
    [
      'with a group that is none',
      {learningRates: {...FROZEN, stage5: 1}},
      'Recipe: "phases.0.learningRates.stage5" is no known key; did you mean stage1?',
    ],
    [
      'with a rate of zero',
      {learningRates: {...FROZEN, head: 0}},
      'Recipe: "phases.0.learningRates.head" must be > 0; it is 0.',
    ],
    ['without epochs', {epochs: undefined}, 'Recipe: "phases.0.epochs" is missing.'],
    [
      'with steps',
      {steps: 3},
      'Recipe: "phases.0.steps" is no known key. Known keys: name, epochs, learningRates.',
    ],
  ];
  for (const [what, change, message] of wrongPhases) {
    it(`refuses a phase ${what}`, () =>
      expect(refusal(() => resolve(phase(change)))).to.equal(message));
  }
});

describe('the network of named weights', () => {
  it('needs no --arch, and one that does not fit stays as it is given', () => {
    const {recipe, sources} = flags({weights: 'embedded'});
    expect(recipe).to.include({arch: 'resnet18', weights: 'resnet18.tiny-imagenet', lastStage: 4});
    expect(sources).to.include({arch: 'recommended', weights: 'flag'});
    expect(flags({weights: 'resnet20.cifar10'}).recipe).to.include({
      arch: 'resnet20',
      lastStage: 3,
    });
    expect(flags({weights: 'embedded', arch: 'resnet34'}).recipe.arch).to.equal('resnet34');
    expect(flags({weights: 'v2'}).sources.arch).to.equal('default');
  });

  it('counts the embedded weights as weak, whatever they are called', () => {
    const stats = (weights: string): DatasetStats =>
      computeDatasetStats(folder([100, 100]), {weights}, false);
    for (const weights of ['embedded', 'resnet18.tiny-imagenet'])
      expect(stats(weights), weights).to.include({pretrained: true, embedded: true});
    for (const weights of ['auto', 'v2', './mine.pth', 'none'])
      expect(stats(weights).embedded, weights).to.equal(false);
  });
});
