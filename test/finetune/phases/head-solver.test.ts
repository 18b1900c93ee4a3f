import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {AbortedError} from '../../../src/core/errors.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import type {RunEvent} from '../../../src/finetune/events.js';
import {groupTrainingImages} from '../../../src/finetune/phases/group-training-images.js';
import {HeadSolver} from '../../../src/finetune/phases/head-solver.js';
import type {Prepared} from '../../../src/finetune/preparation/prepared.js';
import type {Recipe, RecipeInput} from '../../../src/finetune/recipe/recipe.js';
import {RunContext} from '../../../src/finetune/run/run-context.js';
import {useBackend} from '../../helpers/backend.js';
import {featureTable} from '../../helpers/feature-table.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {
  alive,
  courseOf,
  phase,
  PROBE,
  runAndTell,
  smallFolder,
  smallRecipe,
} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const LAST = phase('last-stage', 2, {stage1: 1e-3, head: 1e-3});

/** Training images of one class. */
const preparedWith = (names: readonly string[], groupOf: (name: string) => string): Prepared =>
  ({
    duplicateGroup: ({name}: {name: string}) => groupOf(name),
    split: {train: names.map(name => ({name, label: 0})), validation: [], test: []},
  }) as unknown as Prepared;

describe('a run whose head is solved', () => {
  useBackend();

  let folder: ImageFolder;
  before('draw images', async () => void (folder = await smallFolder()));

  let cache: string | undefined;
  before('use a cache of our own', () => {
    cache = process.env.FINETUNE_CACHE;
    process.env.FINETUNE_CACHE = temporaryDirectory();
  });
  after(() => {
    if (cache === undefined) delete process.env.FINETUNE_CACHE;
    else process.env.FINETUNE_CACHE = cache;
  });

  const recipeOf = (options: RecipeInput = {}): Recipe =>
    smallRecipe(folder, {dropout: 0, headSolver: 'lbfgs', phases: [PROBE, LAST], ...options});

  it('solves the probe, then trains on, and records what was chosen', async () => {
    const out = join(temporaryDirectory(), 'run');
    const before = alive();
    const {result, events} = await runAndTell(folder, recipeOf(), {out});
    expect(alive()).to.deep.equal(before);
    const [solution] = result.headSolutions;
    expect(solution).to.include({phaseIndex: 0, views: 3, images: 18, folds: 5});
    expect(solution!.gradientNorm).to.be.below(1e-4);
    expect(result.history.map(({phase: name}) => name)).to.deep.equal([
      'probe',
      'last-stage',
      'last-stage',
    ]);
    expect(result.history[0]).to.include({learningRate: null, step: solution!.iterations});
    expect(events).to.deep.include({type: 'head-solved', solution});
    const metrics = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as {
      headSolutions: unknown;
    };
    expect(metrics.headSolutions).to.deep.equal(result.headSolutions);
    expect(readFileSync(join(out, 'report.html'), 'utf8').replace(/\s+/g, ' ')).to.include(
      `The head of phase probe was solved to convergence: L2 ${solution!.l2}, logits scaled by ${Number(solution!.scale.toPrecision(2))}, chosen by 5-fold cross-validation`,
    );
    expect(readFileSync(join(out, 'history.csv'), 'utf8')).to.match(/\r\nprobe,1,\d+,,/);
  });

  for (const [what, isThere] of [
    ['while it solves', event => event.type === 'progress' && event.step === 'solving'],
    ['after it solved', event => event.type === 'epoch' && event.phase === 'last-stage'],
  ] as const satisfies readonly (readonly [string, (event: RunEvent) => boolean])[])
    it(`comes to the same when it is stopped ${what} and resumed`, async () => {
      const whole = await runAndTell(folder, recipeOf());
      const out = join(temporaryDirectory(), 'run');
      const controller = new AbortController();
      const onEvent = (event: RunEvent): void => {
        if (isThere(event)) controller.abort();
      };
      const options = {out, onEvent, signal: controller.signal};
      expect(await rejectionOf(runAndTell(folder, recipeOf(), options))).to.be.instanceOf(
        AbortedError,
      );
      const {result} = await runAndTell(folder, recipeOf(), {out, resume: true});
      expect(courseOf(result)).to.deep.equal(courseOf(whole.result));
      expect(result.headSolutions).to.have.length(1);
    });

  it('trains in epochs where the features do not fit into memory, and says so', () => {
    const messages: string[] = [];
    const run = new RunContext({
      onEvent: event => event.type === 'info' && messages.push(event.message),
    });
    const solver = new HeadSolver(
      preparedWith(['a', 'b'], name => name),
      recipeOf(),
      run,
    );
    const rows = [[1, 2], [3, 4]]; // prettier-ignore
    const inputs = {trainTable: featureTable([rows, rows, rows])} as never;
    expect(solver.viewsFor(PROBE, inputs, 3 * 16)).to.equal(3);
    expect(solver.viewsFor(PROBE, inputs, 2 * 16 + 15)).to.equal(2);
    expect(messages).to.deep.equal([]);
    expect(solver.viewsFor(PROBE, inputs, 15)).to.equal(0);
    expect(solver.viewsFor(PROBE, {} as never)).to.equal(0);
    expect(messages).to.deep.equal([
      'Phase probe trains in epochs instead of being solved. Its features take 1 MiB, more than half of the free memory.',
      'Phase probe trains in epochs instead of being solved. Its features are not cached.',
    ]);
    expect(solver.viewsFor(LAST, {} as never)).to.equal(0);
    expect(messages).to.have.length(2);
  });

  it('trains in epochs where no image can be held out, and says so', () => {
    const messages: string[] = [];
    const run = new RunContext({
      onEvent: event => event.type === 'info' && messages.push(event.message),
    });
    const solver = new HeadSolver(
      preparedWith(['a', 'b'], () => 'one group'),
      recipeOf(),
      run,
    );
    const inputs = {trainTable: featureTable([[[1, 2], [3, 4]]])} as never; // prettier-ignore
    expect(solver.viewsFor(PROBE, inputs, 1000)).to.equal(0);
    expect(messages).to.deep.equal([
      'Phase probe trains in epochs instead of being solved. Every class is a single group of images, so none can be held out to choose the penalty.',
    ]);
  });

  it('holds out near-duplicates and images of a group together', () => {
    const train = ['a/p1_1', 'a/p1_2', 'a/p2_1', 'a/copy'].map(name => ({name}));
    const prepared = {
      duplicateGroup: ({name}: {name: string}) => (name === 'a/copy' ? 'a/p2_1' : name),
      split: {train, validation: [], test: []},
    } as unknown as Prepared;
    expect(groupTrainingImages(prepared, {groupBy: 'near-duplicates'})).to.deep.equal([0, 1, 2, 2]);
    expect(groupTrainingImages(prepared, {groupBy: '(p\\d+)_'})).to.deep.equal([0, 0, 1, 1]);
  });
});
