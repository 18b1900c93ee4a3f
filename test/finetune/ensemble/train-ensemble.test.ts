import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import {loadModel} from '../../../src/export/load-model.js';
import type {EnsembleRecord} from '../../../src/export/ensemble/ensemble-record.js';
import {trainEnsemble} from '../../../src/finetune/ensemble/train-ensemble.js';
import {evaluate} from '../../../src/finetune/evaluate.js';
import type {RunEvent} from '../../../src/finetune/events.js';
import {crossValidate} from '../../../src/finetune/folds/cross-validate.js';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';
import {useBackend} from '../../helpers/backend.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {alive, PROBE, smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const readJson = <Content>(...path: readonly string[]): Content =>
  JSON.parse(readFileSync(join(...path), 'utf8')) as Content;

describe('an ensemble of a folder', function () {
  this.timeout(300_000);
  useBackend();
  let folder: ImageFolder;
  let recipes: Recipe[];

  before('draw images', async () => {
    folder = await smallFolder({perClass: 8});
    const recipe = (seed: number, imageSize: number): Recipe =>
      smallRecipe(folder, {phases: [PROBE], views: 0, testSplit: 0.25, seed, imageSize});
    recipes = [recipe(1, 32), recipe(2, 32), recipe(3, 40)];
  });

  it('has the split of its first member, and the metrics that its exported members have alone', async () => {
    const out = join(temporaryDirectory(), 'run');
    const before = alive();
    const events: RunEvent[] = [];
    const {members, evaluations, model, document} = await trainEnsemble(folder, recipes, {
      out,
      onEvent: event => void events.push(event),
    });
    expect(alive()).to.deep.equal(before);
    expect(members.map(({name}) => name)).to.deep.equal(['resnet18', 'resnet18-2', 'resnet18-3']);
    const splits = members.map(({run}) => readJson<Record<string, unknown>>(run, 'split.json'));
    for (const part of ['train', 'validation', 'test'])
      expect(splits[2]![part]).to.deep.equal(splits[0]![part]);
    for (const split of ['validation', 'test'] as const) {
      const alone = members.map(({metrics}) => metrics[split]!);
      const together = evaluations[split]!.members.map(({metrics}) => metrics);
      expect(together.map(({accuracy}) => accuracy)).to.deep.equal(
        alone.map(({accuracy}) => accuracy),
      );
      together.forEach(({loss}, i) => expect(loss).to.be.closeTo(alone[i]!.loss, 1e-4));
    }
    expect(document).to.deep.equal(readJson(out, 'metrics.json'));
    expect(readFileSync(join(out, 'report.html'), 'utf8')).to.include('Ensemble report');
    const record = readJson<EnsembleRecord>(model, 'ensemble.json');
    expect(record.metrics).to.deep.equal((document as {metrics: object}).metrics);
    const started = events.flatMap(event => (event.type === 'member' ? [event] : []));
    expect(started.map(({number, isResumed}) => [number, isResumed])).to.deep.equal([[1, false], [2, false], [3, false]]); // prettier-ignore
  });

  it('decodes images once for members with the same input', async () => {
    const decoded: number[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'member') decoded.push(0);
      if (event.type === 'progress' && event.step === 'decoding') decoded[decoded.length - 1]! += 1;
    };
    await trainEnsemble(folder, recipes, {out: join(temporaryDirectory(), 'run'), onEvent});
    expect(decoded[0]).to.be.greaterThan(0);
    expect(decoded[1]).to.equal(0);
    expect(decoded[2]).to.be.greaterThan(0);
  });

  it('continues with the members that have not finished', async () => {
    const out = join(temporaryDirectory(), 'run');
    const controller = new AbortController();
    const stopped = trainEnsemble(folder, recipes, {
      out,
      signal: controller.signal,
      onEvent: event => {
        if (event.type === 'member' && event.number === 2) controller.abort();
      },
    });
    expect(await rejectionOf(stopped)).to.include({code: 'ABORTED'});
    const first = readFileSync(join(out, 'members/resnet18/metrics.json'), 'utf8');
    const resumed: boolean[] = [];
    const {document} = await trainEnsemble(folder, recipes, {
      out,
      resume: true,
      onEvent: event => void (event.type === 'member' && resumed.push(event.isResumed)),
    });
    expect(resumed).to.deep.equal([true, false, false]);
    expect(readFileSync(join(out, 'members/resnet18/metrics.json'), 'utf8')).to.equal(first);
    const unbroken = await trainEnsemble(folder, recipes, {out: join(temporaryDirectory(), 'run')});
    const metricsOf = (of: object): unknown => (of as {metrics: unknown}).metrics;
    expect(metricsOf(document)).to.deep.equal(metricsOf(unbroken.document));
  });

  it('is not resumed with another recipe of a finished member', async () => {
    const out = join(temporaryDirectory(), 'run');
    await trainEnsemble(folder, recipes.slice(0, 2), {out});
    rmSync(join(out, 'metrics.json'));
    const [first, second] = recipes;
    const error = await rejectionOf(
      trainEnsemble(folder, [{...first!, dropout: 0.5}, second!], {out, resume: true}),
    );
    expect(error.message).to.match(/was started with another dropout/);
  });

  it('is refused with fewer than two recipes, or without a directory', async () => {
    const out = join(temporaryDirectory(), 'run');
    expect((await rejectionOf(trainEnsemble(folder, recipes.slice(0, 1), {out}))).message).to.equal(
      'recipes of trainEnsemble() is an array. Give a list of two recipes or more.',
    );
    expect(await rejectionOf(trainEnsemble(folder, recipes, {} as never))).to.include({
      code: 'INVALID_ARGUMENT',
      argument: 'options.out',
    });
    expect(existsSync(out)).to.equal(false);
  });

  it('is made of the folds of a cross-validation, and evaluated on the test images', async () => {
    const out = join(temporaryDirectory(), 'folds');
    const {ensemble, folds} = await crossValidate(folder, recipes[0]!, 2, {out, ensemble: true});
    expect(ensemble!.test!.members.map(({name}) => name)).to.deep.equal(['fold-1', 'fold-2']);
    expect(ensemble!.test!.metrics.numImages).to.equal(6);
    const model = await loadModel(out);
    expect(model.members).to.have.lengthOf(folds.length);
    const {ensemble: evaluated} = await evaluate(model, folder);
    expect(evaluated!.members).to.have.lengthOf(2);
    model.dispose();
    const error = await rejectionOf(crossValidate(folder, recipes[0]!, 2, {ensemble: true}));
    expect(error).to.include({code: 'INVALID_ARGUMENT', argument: 'options.out'});
  });
});
