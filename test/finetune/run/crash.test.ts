import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import type {FinetuneOptions} from '../../../src/finetune/finetune-options.js';
import {reportRun} from '../../../src/finetune/run/export-run.js';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';
import {isFinished, isInterrupted} from '../../../src/finetune/run/run-files.js';
import {orphan, untilCrash} from '../../helpers/crashing-files.js';
import {readEvents} from '../../helpers/event-file.js';
import {useBackend} from '../../helpers/backend.js';
import {phase, runAndTell, smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

/** What a run has left, as far as it is the same for every run of its recipe. */
function leftIn(run: string): unknown {
  const {metrics} = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')) as {
    readonly metrics: unknown;
  };
  const history = readFileSync(join(run, 'history.csv'), 'utf8').replaceAll(/,[^,]*\r\n/g, '\n');
  const names = readdirSync(run, {recursive: true, encoding: 'utf8'}).sort();
  const steps = names
    .filter(isEventFile)
    .map(name => readEvents(readFileSync(join(run, name))).map(({step}) => step));
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').replaceAll(
    /"seconds":[^,}]*/g,
    '',
  );
  // Its name has the time.
  const files = names.filter(name => !isEventFile(name));
  return {
    metrics,
    history,
    steps,
    lines,
    files,
    model: sha256(join(run, 'model', 'model.safetensors')),
  };
}

const isEventFile = (name: string): boolean => name.startsWith('events.out.tfevents.');

describe('a crash before any operation on files', function () {
  this.timeout(1_200_000);
  useBackend();

  let folder: ImageFolder;
  let recipe: Recipe;
  let expected: unknown;
  let operations = 0;
  before(async () => {
    folder = await smallFolder();
    // Two phases, so that checkpoints follow one another; of the head alone, so that a run takes half a second.
    recipe = smallRecipe(folder, {
      phases: [phase('probe', 1, {head: 3e-3}), phase('settle', 1, {head: 1e-3})],
      views: 0,
    });
    const parent = temporaryDirectory();
    const out = join(parent, 'run');
    operations = await untilCrash(parent, Infinity, () => train(out));
    expected = leftIn(out);
  });

  const train = (out: string, options: FinetuneOptions = {}): Promise<unknown> =>
    runAndTell(folder, recipe, {out, ...options});

  /** What a user does next: goes on with what can be gone on with, else starts again. */
  async function goOn(out: string): Promise<void> {
    if (isInterrupted(out)) await train(out, {resume: true});
    else if (existsSync(join(out, 'report.json'))) await reportRun(out);
    else if (!existsSync(join(out, 'recipe.json'))) await train(out);
  }

  it('loses nothing: the run goes on to the same metrics and the same model, and nothing is left next to it', async () => {
    expect(operations).to.be.above(60);
    for (let at = 0; at < operations; at++) {
      const parent = temporaryDirectory();
      const out = join(parent, 'run');
      const seen = await untilCrash(parent, at, () => train(out));
      expect(seen, 'operations').to.be.above(at);
      orphan(parent);
      await goOn(out);
      expect(leftIn(out), `after a crash before operation ${at}`).to.deep.equal(expected);
      expect(readdirSync(parent)).to.deep.equal(['run']);
    }
  });

  it('while a run is replaced leaves the old one or the new one', async () => {
    const replace = async (
      at: number,
    ): Promise<{readonly seen: number; readonly out: string; readonly parent: string}> => {
      const parent = temporaryDirectory();
      const out = join(parent, 'run');
      mkdirSync(join(out, 'model'), {recursive: true});
      for (const name of [
        'recipe.json',
        'metrics.json',
        'report.html',
        'model/finetune.json',
        'old.txt',
      ])
        writeFileSync(join(out, name), '{}');
      return {seen: await untilCrash(parent, at, () => train(out, {overwrite: true})), out, parent};
    };
    const {seen: all} = await replace(Infinity);
    expect(all).to.be.above(operations);
    // All of the beginning and of the end; what lies between is as in a run that replaces nothing.
    const places = Array.from({length: all}, (_, at) => at).filter(
      at => at < 8 || at > all - 10 || at % 15 === 0,
    );
    for (const at of places) {
      const {out, parent} = await replace(at);
      const isOld = existsSync(join(out, 'old.txt'));
      if (existsSync(out))
        expect(isOld || isFinished(out), `before operation ${at}`).to.equal(true);
      orphan(parent);
      await goOn(out);
      if (existsSync(join(out, 'old.txt'))) await train(out, {overwrite: true});
      expect(leftIn(out), `after a crash before operation ${at}`).to.deep.equal(expected);
      expect(readdirSync(parent), `after a crash before operation ${at}`).to.deep.equal(['run']);
    }
  });
});
