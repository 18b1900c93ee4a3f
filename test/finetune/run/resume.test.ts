import {expect} from 'chai';
import {createHash} from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {AbortedError} from '../../../src/core/errors.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import type {Activity, RunEvent} from '../../../src/finetune/events.js';
import type {FinetuneResult} from '../../../src/finetune/finetune-result.js';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';
import {useBackend} from '../../helpers/backend.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {
  alive,
  ALL,
  courseOf,
  phase,
  PROBE,
  runAndTell,
  smallFolder,
  smallRecipe,
} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

/** Tells of an event whether the run is to be stopped there. */
type When = (event: RunEvent) => boolean;

/** sha256 of the exported weights. */
const modelOf = ({model}: FinetuneResult): string =>
  createHash('sha256')
    .update(readFileSync(join(model!, 'model.safetensors')))
    .digest('hex');

/** At the n-th of the events that are so. */
function nth(n: number, when: When): When {
  let seen = 0;
  return event => when(event) && ++seen === n;
}
const progress =
  (activity: Activity, done?: number): When =>
  event =>
    event.type === 'progress' &&
    event.activity === activity &&
    (done === undefined || event.done === done);
/** After the n-th update of an epoch, of which each has three here. */
const update =
  (n: number): When =>
  event =>
    event.type === 'progress' &&
    event.activity === 'train' &&
    Math.ceil((3 * event.done) / event.total) === n;
const isA =
  (type: RunEvent['type']): When =>
  event =>
    event.type === type;

describe('a run that was stopped', () => {
  useBackend();

  let folder: ImageFolder;
  before('draw images', async () => void (folder = await smallFolder()));

  const HEAD_LAST = [
    phase('last-stage', 2, {stage1: 1e-3, head: 1e-3}),
    phase('settle', 2, {head: 3e-3}),
  ];
  const recipes = {
    'probe, then all': () => smallRecipe(folder, {testSplit: 0.2, batchSize: 4}),
    'top, then probe, SGD': () =>
      smallRecipe(folder, {phases: HEAD_LAST, optimizer: 'sgd', batchNorm: 'inference'}),
    'balanced by sampling': () => smallRecipe(folder, {classBalance: 'oversample'}),
    'mixed images': () =>
      smallRecipe(folder, {
        augment: {preset: 'light', mixing: {mixupAlpha: 0.4, cutmixAlpha: 1}},
        phases: [ALL],
      }),
    'without room for features': () => smallRecipe(folder, {cacheMemory: 1e-6, phases: [PROBE]}),
  };
  type RecipeName = keyof typeof recipes;

  const whole = new Map<RecipeName, FinetuneResult>();
  async function uninterrupted(name: RecipeName): Promise<FinetuneResult> {
    const known = whole.get(name);
    if (known !== undefined) return known;
    const {result} = await runAndTell(folder, recipes[name](), {
      out: join(temporaryDirectory(), 'run'),
    });
    whole.set(name, result);
    return result;
  }

  async function stop(
    recipe: Recipe,
    out: string,
    when: When,
    resume = false,
  ): Promise<AbortedError> {
    const controller = new AbortController();
    const onEvent = (event: RunEvent): void => void (when(event) && controller.abort());
    const error = await rejectionOf(
      runAndTell(folder, recipe, {out, resume, signal: controller.signal, onEvent}),
    );
    expect(error).to.be.instanceOf(AbortedError);
    return error as AbortedError;
  }

  /** The same numbers to the last bit, and the same model. */
  function expectSame(found: FinetuneResult, expected: FinetuneResult): void {
    expect(courseOf(found)).to.deep.equal(courseOf(expected));
    expect(modelOf(found)).to.equal(modelOf(expected));
  }

  const NAME: RecipeName = 'probe, then all';
  const places: readonly (readonly [
    where: string,
    when: () => When,
    checkpoint: boolean,
    recipe?: RecipeName,
  ])[] = [
    ['while it decodes', () => progress('decode', 5), false],
    ['while it computes features', () => progress('features'), true],
    ['at its first update', () => update(1), true],
    ['in the middle of the first phase', () => nth(2, update(2)), true],
    ['after the last update of an epoch', () => update(3), true],
    ['between two epochs', () => isA('epoch'), true],
    ['between two phases', () => isA('checkpoint'), true],
    ['at the begin of the second phase', () => nth(2, isA('phase')), true],
    ['in the middle of the second phase', () => nth(4, update(2)), true],
    ['when all is trained', () => nth(2, isA('checkpoint')), true],
    ['in the middle of the first phase', () => nth(2, update(2)), true, 'top, then probe, SGD'],
    [
      'while the second phase computes features',
      () => nth(5, progress('features')),
      true,
      'top, then probe, SGD',
    ],
    ['in the middle of the second phase', () => nth(4, update(1)), true, 'top, then probe, SGD'],
    ['in the middle of the first phase', () => nth(2, update(2)), true, 'balanced by sampling'],
    ['in the middle of the second phase', () => nth(4, update(1)), true, 'balanced by sampling'],
    ['in the middle of an epoch', () => nth(2, update(2)), true, 'mixed images'],
    ['in the middle', () => nth(2, update(2)), true, 'without room for features'],
  ];
  for (const [where, when, leavesCheckpoint, name = NAME] of places) {
    it(`${where} (${name}) goes on to the same numbers`, async () => {
      const out = join(temporaryDirectory(), 'run');
      const before = alive();
      const error = await stop(recipes[name](), out, when());
      const last = join(out, 'checkpoints', 'last');
      expect(error.checkpoint).to.equal(leavesCheckpoint ? last : undefined);
      expect(error.message).to.equal(
        leavesCheckpoint ? `The run was stopped; its state is in ${last}.` : 'The run was stopped.',
      );
      expect(existsSync(join(out, 'metrics.json'))).to.equal(false);
      expect(alive()).to.deep.equal(before);
      const {result} = await runAndTell(folder, recipes[name](), {out, resume: true});
      expect(alive()).to.deep.equal(before);
      expectSame(result, await uninterrupted(name));
      expect(readdirSync(out)).to.include.members([
        'metrics.json',
        'model',
        'report.html',
        'history.csv',
      ]);
      const rows = readFileSync(join(out, 'history.csv'), 'utf8').trim().split('\r\n');
      expect(rows).to.have.length(result.history.length + 1);
    });
  }

  it('twice goes on to the same numbers', async () => {
    const out = join(temporaryDirectory(), 'run');
    await stop(recipes[NAME](), out, nth(2, update(2)));
    await stop(recipes[NAME](), out, nth(2, update(2)), true);
    const {result} = await runAndTell(folder, recipes[NAME](), {out, resume: true});
    expectSame(result, await uninterrupted(NAME));
  });

  it('again before it came to train still has its checkpoint', async () => {
    const out = join(temporaryDirectory(), 'run');
    const {checkpoint} = await stop(recipes[NAME](), out, nth(2, update(2)));
    expect((await stop(recipes[NAME](), out, progress('decode'), true)).checkpoint).to.equal(
      checkpoint,
    );
    const {result} = await runAndTell(folder, recipes[NAME](), {out, resume: true});
    expectSame(result, await uninterrupted(NAME));
  });

  it('by a kill between the renames of its checkpoint goes on from the older one', async () => {
    const out = join(temporaryDirectory(), 'run');
    await stop(recipes[NAME](), out, nth(2, update(2)));
    const last = join(out, 'checkpoints', 'last');
    renameSync(last, `${last}.old`);
    const {result} = await runAndTell(folder, recipes[NAME](), {out, resume: true});
    expectSame(result, await uninterrupted(NAME));
  });

  it('without a directory has nothing to go on from', async () => {
    const controller = new AbortController();
    const onEvent = (event: RunEvent): void => void (event.type === 'phase' && controller.abort());
    const error = await rejectionOf(
      runAndTell(folder, recipes[NAME](), {signal: controller.signal, onEvent}),
    );
    expect(error).to.be.instanceOf(AbortedError);
    expect((error as AbortedError).checkpoint).to.equal(undefined);
  });

  describe('cannot go on', () => {
    const damaged = async (
      damage: (checkpoint: string) => void,
    ): Promise<{message: string; reported: readonly RunEvent[]}> => {
      const out = join(temporaryDirectory(), 'run');
      const {checkpoint} = await stop(recipes[NAME](), out, nth(2, update(2)));
      damage(checkpoint!);
      const before = alive();
      const reported: RunEvent[] = [];
      const error = await rejectionOf(
        runAndTell(folder, recipes[NAME](), {
          out,
          resume: true,
          onEvent: event => reported.push(event),
        }),
      );
      expect(error).to.include({code: 'CHECKPOINT_UNREADABLE', exitCode: 1});
      expect(alive()).to.deep.equal(before);
      return {message: error.message.replaceAll(out, 'RUN'), reported};
    };

    it('from torn weights, and says so before it does anything else', async () => {
      const {message, reported} = await damaged(checkpoint =>
        truncateSync(join(checkpoint, 'weights.safetensors'), 1000),
      );
      expect(message).to.match(
        /^The checkpoint in RUN\/checkpoints\/last cannot be used: .*\. Start the run again without --resume\.$/,
      );
      expect(reported).to.deep.equal([]);
    });

    it('without the best weights', async () => {
      const {message} = await damaged(checkpoint => rmSync(join(checkpoint, 'best.safetensors')));
      expect(message).to.match(
        /cannot be used: ENOENT: no such file or directory, open .*best\.safetensors'\. Start/,
      );
    });

    it('by another recipe', async () => {
      const out = join(temporaryDirectory(), 'run');
      await stop(recipes[NAME](), out, isA('epoch'));
      const error = await rejectionOf(
        runAndTell(folder, {...recipes[NAME](), batchSize: 5}, {out, resume: true}),
      );
      expect(error).to.include({code: 'USAGE', exitCode: 2});
      expect(error.message).to.include('was started with another batchSize.');
    });

    it('on other images, which would mix those to validate on with those to train on', async () => {
      const own = await smallFolder();
      const out = join(temporaryDirectory(), 'run');
      await stop(smallRecipe(own), out, isA('epoch'));
      writeFileSync(
        join(own.root, 'plain', '9.png'),
        readFileSync(join(folder.root, 'striped', '0.png')),
      );
      const changed = await loadImageFolder(own.root);
      const before = alive();
      const error = await rejectionOf(runAndTell(changed, smallRecipe(own), {out, resume: true}));
      expect(error).to.include({code: 'IMAGES_CHANGED', exitCode: 3});
      expect(error.message).to.equal(
        `1 file changed since the run was begun, as ${join(out, 'split.json')} tells: plain/9.png (new). ` +
          'Put the images back, or start another run.',
      );
      expect(alive()).to.deep.equal(before);
    });

    it('where there is no run', async () => {
      const out = temporaryDirectory();
      const error = await rejectionOf(runAndTell(folder, recipes[NAME](), {out, resume: true}));
      expect(error).to.include({code: 'USAGE', exitCode: 2});
      expect(error.message).to.equal(
        `${out} holds no run to --resume: there is no recipe.json. Give the directory of a run.`,
      );
    });
  });
});
