import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import {finetune} from '../../../src/finetune/finetune.js';
import type {RecipeInput} from '../../../src/finetune/recipe/recipe.js';
import {
  runStudy,
  type StudyOptions,
  type StudyPlan,
  type StudyResult,
} from '../../../src/finetune/study/run-study.js';
import type {StudyRun} from '../../../src/report/study/study-record.js';
import {useBackend} from '../../helpers/backend.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {alive, phase, smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const WHOLE = phase('full', 2, {stem: 0.01, stage1: 0.01, head: 0.01});

describe('a study', function () {
  this.timeout(300_000);
  useBackend();

  let folder: ImageFolder;
  before('draw images', async () => {
    folder = await smallFolder();
  });

  const planOf = (seeds: readonly number[] = [1], options: RecipeInput = {}): StudyPlan => ({
    study: 'degradation',
    recipes: (['plain20', 'resnet20'] as const).map(arch =>
      smallRecipe(folder, {arch, phases: [WHOLE], ...options}),
    ),
    seeds,
  });

  /** A study, and for each run whether it had finished before. */
  async function study(
    out: string,
    plan = planOf(),
    options: Partial<StudyOptions> = {},
  ): Promise<StudyResult & {readonly kept: readonly boolean[]}> {
    const kept: boolean[] = [];
    const result = await runStudy(folder, plan, {
      out,
      onRun: (_, {isFinished}) => kept.push(isFinished),
      ...options,
    });
    return {...result, kept};
  }

  /** Everything of a run that does not depend on the clock. */
  const numbersOf = ({arch, seed, history}: StudyRun): unknown => [
    arch,
    seed,
    history.map(({seconds: _, ...row}) => row),
  ];

  it('trains each network with each seed, on one split, and writes page, table and document', async () => {
    const out = join(temporaryDirectory(), 'study');
    const {record, document} = await study(out, planOf([1, 2]));
    expect(record.runs.map(({arch, seed}) => `${arch} ${seed}`)).to.deep.equal([
      'plain20 1',
      'plain20 2',
      'resnet20 1',
      'resnet20 2',
    ]);
    const [first, ...others] = record.runs.map(({run}) =>
      readFileSync(join(run, 'split.json'), 'utf8'),
    );
    const filesOf = (text: string): unknown => (JSON.parse(text) as {images: unknown}).images;
    for (const other of others) expect(filesOf(other)).to.deep.equal(filesOf(first!));
    expect(readFileSync(join(out, 'study.html'), 'utf8')).to.include('runs/resnet20-seed-2/report');
    expect(readFileSync(join(out, 'study.csv'), 'utf8').split('\r\n')).to.have.length(1 + 8 + 1);
    expect(JSON.parse(readFileSync(join(out, 'study.json'), 'utf8'))).to.deep.equal(
      JSON.parse(JSON.stringify(document)),
    );
    expect(document).to.have.nested.property('comparisons[0].differsIn', 'shortcut');
  });

  it('comes to what each run comes to alone', async () => {
    const {record} = await study(join(temporaryDirectory(), 'study'));
    const {classifier, history} = await finetune(folder, {...planOf().recipes[0]!, seed: 1});
    classifier.dispose();
    const alone = {...record.runs[0]!, history};
    expect(numbersOf(record.runs[0]!)).to.deep.equal(numbersOf(alone));
  });

  it('decodes the images once, and leaves nothing on the device', async () => {
    const before = alive();
    let decoded = 0;
    await study(join(temporaryDirectory(), 'study'), planOf(), {
      onEvent: event => {
        if (event.type === 'progress' && event.step === 'decoding' && event.done === event.total)
          decoded++;
      },
    });
    expect(decoded).to.equal(1);
    expect(alive()).to.deep.equal(before);
  });

  it('keeps finished runs, and takes more seeds', async () => {
    const out = join(temporaryDirectory(), 'study');
    const {record: first} = await study(out);
    const {record, kept} = await study(out, planOf([1, 2]));
    expect(kept).to.deep.equal([true, true, false, false]);
    expect(record.runs.filter(({seed}) => seed === 1).map(numbersOf)).to.deep.equal(
      first.runs.map(numbersOf),
    );
    expect((await study(out, planOf(), {overwrite: true})).kept).to.deep.equal([false, false]);
  });

  it('stopped in its second run, goes on to the same numbers', async () => {
    const {record: whole} = await study(join(temporaryDirectory(), 'whole'));
    const out = join(temporaryDirectory(), 'study');
    const stop = new AbortController();
    let epochs = 0;
    const stopping = study(out, planOf(), {
      signal: stop.signal,
      // After the first epoch of the second run.
      onEvent: event => {
        if (event.type === 'epoch' && ++epochs === 3) stop.abort();
      },
    });
    expect(await rejectionOf(stopping)).to.include({code: 'ABORTED'});
    expect(existsSync(join(out, 'study.html'))).to.equal(true);
    const {record, kept} = await study(out);
    expect(kept).to.deep.equal([true, false]);
    expect(record.runs.map(numbersOf)).to.deep.equal(whole.runs.map(numbersOf));
  });

  it('is not continued by another recipe', async () => {
    const out = join(temporaryDirectory(), 'study');
    await study(out);
    const other = await rejectionOf(study(out, planOf([1], {weightDecay: 0.5})));
    expect(other).to.include({exitCode: 2});
    expect(other.message).to.include('was started with another weightDecay');
  });

  it('is not written into a run', async () => {
    const out = join(temporaryDirectory(), 'run');
    const {classifier} = await finetune(folder, planOf().recipes[0]!, {out});
    classifier.dispose();
    const refused = await rejectionOf(study(out));
    expect(refused).to.include({exitCode: 2});
    expect(refused.message).to.match(/holds a run, not a study/);
  });

  it('is refused where networks see different images', async () => {
    const recipes = (['plain20', 'plain18'] as const).map(arch => {
      const {imageSize: _, ...recipe} = smallRecipe(folder, {arch, phases: [WHOLE]});
      return recipe;
    });
    const refused = await rejectionOf(
      study(join(temporaryDirectory(), 'study'), {...planOf(), recipes}),
    );
    expect(refused).to.include({exitCode: 2});
    expect(refused.message).to.include('plain20 and plain18 see different images: 32 px');
  });
});
