import {expect} from 'chai';
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {getPretrained} from '../../../src/backbones/pretrained/pretrained.js';
import {ArgumentError} from '../../../src/core/arguments.js';
import {UsageError} from '../../../src/core/errors.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import {
  chooseDefault,
  compareWeights,
  type CompareOptions,
} from '../../../src/finetune/comparison/compare-weights.js';
import type {WeightsComparison} from '../../../src/finetune/comparison/comparison.js';
import type {RunEvent} from '../../../src/finetune/events.js';
import type {Recipe, RecipeInput} from '../../../src/finetune/recipe/recipe.js';
import {useBackend} from '../../helpers/backend.js';
import {headless, stateDict, torchSaved} from '../../helpers/checkpoints.js';
import {serve, stopServers} from '../../helpers/loopback.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {alive, ALL, PROBE, runAndTell, smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const leftovers = (): string[] =>
  readdirSync(tmpdir()).filter(name => name.startsWith('finetune-comparison-'));

/** Images to train, validate and test of each split event. */
const splitsOf = (events: readonly RunEvent[]): number[][] =>
  events.flatMap(event =>
    event.type === 'split' ? [[event.train, event.validation, event.test]] : [],
  );

describe('compareWeights', function () {
  this.timeout(300_000);
  useBackend();

  let folder: ImageFolder;
  let directory: string;
  const {FINETUNE_CACHE: cacheBefore} = process.env;
  before('draw images and weights', async () => {
    folder = await smallFolder({perClass: 8});
    directory = temporaryDirectory();
    for (const name of ['a', 'b'])
      writeFileSync(join(directory, `${name}.pth`), torchSaved(stateDict('resnet18', 1, name)));
  });
  beforeEach(() => void (process.env.FINETUNE_CACHE = temporaryDirectory()));
  afterEach(() => {
    if (cacheBefore === undefined) delete process.env.FINETUNE_CACHE;
    else process.env.FINETUNE_CACHE = cacheBefore;
  });

  afterEach(stopServers);

  const file = (name: string): string => join(directory, `${name}.pth`);
  const recipe = (options: RecipeInput = {}): Recipe =>
    smallRecipe(folder, {phases: [PROBE], batchNorm: 'inference', ...options});

  async function compared(
    weights: readonly string[],
    options: CompareOptions = {},
    recipeOptions: RecipeInput = {},
  ): Promise<{result: WeightsComparison; events: RunEvent[]}> {
    const events: RunEvent[] = [];
    const result = await compareWeights(folder, recipe(recipeOptions), weights, {
      backend: 'auto',
      ...options,
      onEvent: event => void events.push(event),
    });
    return {result, events};
  }

  it('trains one probe on each, on the same split, and leaves nothing behind', async () => {
    await compared([file('a'), file('b')]);
    const before = alive();
    const {result, events} = await compared([file('a'), file('b'), 'none']);
    expect(alive()).to.deep.equal(before);
    expect(leftovers()).to.deep.equal([]);
    expect(events.filter(({type}) => type === 'comparison')).to.deep.equal(
      [file('a'), file('b'), 'none'].map((weights, i) => ({
        ...{type: 'comparison', number: i + 1, count: 3, weights},
      })),
    );
    expect(splitsOf(events)).to.deep.equal(Array.from({length: 3}, () => [18, 6, 0]));
    expect(result.compared.map(({weights}) => weights)).to.deep.equal([
      file('a'),
      file('b'),
      'none',
    ]);
    for (const {metrics, seconds} of result.compared) {
      expect(metrics.numImages).to.equal(6);
      expect(seconds).to.be.above(0);
    }
    expect([result.default, result.recommended]).to.deep.equal([file('a'), file('a')]);
  });

  it('measures what a run of the same recipe measures', async () => {
    const {result} = await compared([file('a'), file('b')]);
    const {result: alone} = await runAndTell(folder, recipe({weights: file('a')}));
    expect(result.compared[0]!.metrics).to.deep.equal(alone.metrics.validation);
  });

  it('uses the features of an earlier comparison', async () => {
    await compared([file('a'), file('b')]);
    const {events} = await compared([file('b'), file('a')]);
    const reused = events.flatMap(event => (event.type === 'features' ? [event.reused] : []));
    expect(reused).to.deep.equal(['all', 'all']);
  });

  it('knows entries by short names, fits images as each was trained, and keeps their split', async () => {
    const weights = join(process.env.FINETUNE_CACHE!, 'weights');
    mkdirSync(weights);
    for (const name of ['dino', 'miil']) {
      const {file: saved} = getPretrained(name, 'resnet50');
      writeFileSync(join(weights, saved), torchSaved(headless(stateDict('resnet50', 1, name))));
    }
    const {result, events} = await compared(['dino', 'miil'], {}, {arch: 'resnet50'});
    expect(result.compared.map(({weights: name, licenseId}) => [name, licenseId])).to.deep.equal([
      ['resnet50.dino', 'Apache-2.0'],
      ['resnet50.miil-21k', 'MIT'],
    ]);
    expect(
      new Set(events.filter(({type}) => type === 'split').map(event => JSON.stringify(event))).size,
    ).to.equal(1);
  });

  it('fetches urls, and keeps their passwords to itself', async () => {
    const {url} = await serve((_, response) => response.end(readFileSync(file('a'))));
    const secret = `${url.replace('//', '//ann:hunter2@')}/net.pth?token=s3cret`;
    const {result, events} = await compared([file('b'), secret]);
    expect(result.compared[1]!.weights).to.equal(`${url}/net.pth`);
    expect(JSON.stringify([result, events])).to.not.match(/hunter2|s3cret/);
  });

  it('takes the choice of auto for the default, wherever it is named, else the first', () => {
    const [v1, a1, nc] = ['imagenet1k-v1', 'a1-in1k', 'fb-swsl-ig1b-ft-in1k'].map(
      version => `resnet18.${version}`,
    ) as [string, string, string];
    expect(chooseDefault([a1, v1], {arch: 'resnet18'})).to.equal(v1);
    expect(chooseDefault([nc, a1], {arch: 'resnet18'})).to.equal(nc);
    expect(chooseDefault(['./mine.pth', a1], {arch: 'resnet18'})).to.equal('./mine.pth');
  });

  it('keeps the fold of the recipe for all', async () => {
    const {events} = await compared([file('a'), file('b')], {}, {fold: '2/3'});
    expect(splitsOf(events)).to.deep.equal(Array.from({length: 2}, () => [14, 10, 0]));
  });

  it('trains nothing before all weights are there', async () => {
    const events: RunEvent[] = [];
    const error = await rejectionOf(
      compareWeights(folder, recipe(), [file('a'), './nowhere.pth'], {
        onEvent: event => void events.push(event),
      }),
    );
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.match(/^\.\/nowhere\.pth \(--weights\) does not exist/);
    expect(events).to.deep.equal([]);
  });

  it('refuses a single set of weights, and one that is named twice', async () => {
    expect((await rejectionOf(compared([file('a')]))).message).to.equal(
      'There is nothing to compare. Name two sets of weights or more, such as v1 and v2.',
    );
    expect((await rejectionOf(compared(['v1', 'IMAGENET1K_V1']))).message).to.equal(
      'resnet18.imagenet1k-v1 is named twice. Name each set of weights once.',
    );
  });

  it('refuses a recipe that trains more than the head', async () => {
    expect(
      (await rejectionOf(compared([file('a'), file('b')], {}, {phases: [PROBE, ALL]}))).message,
    ).to.equal(
      "Weights are compared by a head on frozen features. Resolve the recipe with freeze: 'probe'.",
    );
  });

  it('refuses a run directory, since it writes none, and what is no list', async () => {
    for (const options of [{out: 'run'}, {resume: true}]) {
      const error = await rejectionOf(
        compareWeights(folder, recipe(), [file('a'), file('b')], options as CompareOptions),
      );
      expect(error).to.be.instanceOf(ArgumentError);
    }
    const error = await rejectionOf(
      compareWeights(folder, recipe(), 'v1,v2' as unknown as string[]),
    );
    expect(error.message).to.match(/^weights of compareWeights\(\) is "v1,v2"/);
  });

  it('stops at a signal, and cleans up', async () => {
    const controller = new AbortController();
    const error = await rejectionOf(
      compareWeights(folder, recipe(), [file('a'), file('b')], {
        signal: controller.signal,
        onEvent: event => event.type === 'comparison' && event.number === 2 && controller.abort(),
      }),
    );
    expect(error.name).to.equal('AbortedError');
    expect(leftovers()).to.deep.equal([]);
  });
});
