import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {compareRuns} from '../../../src/finetune/run-comparison/compare-runs.js';
import type {RunComparison} from '../../../src/report/comparison/run-comparison.js';
import {writeMadeUpRun, type MadeUpRun} from '../../helpers/made-up-runs.js';
import {madeUpRecord} from '../../helpers/run-record.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const range = (from: number, to: number): number[] =>
  Array.from({length: to - from}, (_, i) => from + i);

/** Directories `a`, `b`, ... of made-up runs. */
function writeRuns(...runs: readonly MadeUpRun[]): string[] {
  const root = temporaryDirectory();
  return runs.map((run, i) => writeMadeUpRun(run, join(root, 'abc'[i]!)));
}

const compare = (...runs: readonly MadeUpRun[]): Promise<RunComparison> =>
  compareRuns(writeRuns(...runs));

describe('compareRuns', () => {
  it('compares each run with the most accurate one on the same images', async () => {
    const comparison = await compare(
      {wrong: range(0, 10)},
      {wrong: [0, 38, 39], settings: {seed: 43}},
      {wrong: range(0, 5)},
    );
    expect(comparison.best).to.equal('b');
    expect(comparison.runs.map(({name, metrics}) => [name, metrics.accuracy])).to.deep.equal([
      ['a', 0.75],
      ['b', 0.925],
      ['c', 0.875],
    ]);
    // scipy.stats.binomtest(2, 11, 0.5).pvalue and binomtest(2, 6, 0.5).pvalue of SciPy 1.17.1
    const [a, c] = comparison.paired;
    expect(a!.test).to.deep.include({images: 40, onlyThis: 2, onlyBest: 9, bothWrong: 1});
    expect(a!.test!.pValue).to.be.closeTo(0.06542968750000001, 1e-12);
    expect(c!.test!.pValue).to.be.closeTo(0.6875, 1e-12);
    expect(comparison.paired).to.not.have.nested.property('[0].problem');
    expect(comparison.settings).to.deep.equal([{path: 'seed', values: {a: 42, b: 43, c: 42}}]);
    expect(comparison.disagreements).to.have.length(9 + 2);
    expect(comparison.runs[0]).to.deep.include({seconds: 11.8 + 15.1 + 4.2, modelBytes: 94_000});
  });

  it('counts the seconds of all epochs of a run that was resumed', async () => {
    const {history, timings} = madeUpRecord(['ants', 'bees']);
    const record = {
      history: history.slice(0, 3).map(row => ({...row, seconds: 20})),
      // Since it was resumed, in the last epoch.
      timings: {...timings, features: 2, train: 15, evaluate: 5},
    };
    const {runs} = await compare({record}, {});
    expect(runs.map(({seconds}) => seconds)).to.deep.equal([62, 11.8 + 15.1 + 4.2]);
  });

  it('tests the images that both have, and says how many', async () => {
    const [pair] = (
      await compare(
        {images: [0, 40], wrong: [1, 2, 3, 20]},
        {images: [10, 60], wrong: [11, 50], settings: {seed: 7, valSplit: 0.25}},
      )
    ).paired;
    expect(pair!.test).to.deep.include({images: 30, onlyThis: 1, onlyBest: 1, bothRight: 28});
    expect(pair!.problem).to.equal(
      'a and b have other validation images: they were trained with seed 42 and 7; valSplit 0.2 and 0.25. ' +
        'The test is on the 30 images that both have, of 40 and 50. On these, their accuracies are 96.7 % and 96.7 %.',
    );
  });

  it('says why there is nothing to test, and how to make runs that can be compared', async () => {
    const {paired, disagreements} = await compare(
      {images: [0, 10], wrong: [1], settings: {fold: '1/4'}},
      {images: [10, 20], settings: {fold: '2/4'}},
    );
    expect(paired[0]!.problem).to.match(
      /^a and b have no validation image in common, so their accuracies cannot be compared in pairs: they were trained with fold 1\/4 and 2\/4\. For runs that can be compared, train on the same images with the same seed, group-by and validation options, or with --split-file .*b\/split\.json\.$/,
    );
    expect(paired[0]).to.not.have.property('test');
    expect(disagreements).to.deep.equal([]);
    const same = await compare({images: [0, 10], wrong: [1]}, {images: [10, 20]});
    expect(same.paired[0]!.problem).to.include('their files or labels have changed in between');
  });

  it('says that a run of an earlier version has no predictions', async () => {
    const {paired, runs} = await compare({wrong: [1], hasPredictions: false}, {});
    expect(runs).to.have.length(2);
    expect(paired).to.deep.equal([
      {
        name: 'a',
        problem:
          'a has no predictions.json, because an earlier version trained it. Its accuracy cannot be compared image by image. Train it again.',
      },
    ]);
  });

  it('takes the folder of an exported model for its run', async () => {
    const [a, b] = writeRuns({wrong: [1]}, {});
    writeFileSync(join(a!, 'model', 'finetune.json'), '{}');
    const {runs} = await compareRuns([join(a!, 'model'), b!]);
    expect(runs[0]).to.deep.include({name: 'a', run: a});
  });

  it('compares runs whose classes have another order by the names of the classes', async () => {
    const [a, b] = writeRuns({wrong: [1]}, {});
    const record = JSON.parse(readFileSync(join(b!, 'report.json'), 'utf8')) as object;
    writeFileSync(join(b!, 'report.json'), JSON.stringify({...record, classes: ['bees', 'ants']}));
    const {paired} = await compareRuns([a!, b!]);
    expect(paired[0]!.test).to.deep.include({images: 40, onlyThis: 0, onlyBest: 1});
  });

  it('writes a page, or says why it cannot', async () => {
    const runs = writeRuns({wrong: [1]}, {});
    const html = join(temporaryDirectory(), 'page.html');
    await compareRuns(runs, {html});
    expect(readFileSync(html, 'utf8')).to.include('Comparison of runs');
    const blocked = await rejectionOf(compareRuns(runs, {html: temporaryDirectory()}));
    expect(blocked.message).to.match(/\(html\) cannot be written: .*Choose another path\./);
  });
});

describe('compareRuns refuses', () => {
  const refusal = async (...directories: readonly string[]): Promise<string> =>
    (await rejectionOf(compareRuns(directories))).message;
  let [run, other] = ['', ''];
  beforeEach(() => void ([run, other] = writeRuns({}, {}) as [string, string]));

  it('fewer than two runs', async () => {
    expect(await refusal()).to.match(/^No run is given\. Give the directories of two runs or more/);
    expect(await refusal(run)).to.match(/^Only .*a is given\. Give the directories of two/);
  });

  it('the same run twice, also by another path', async () => {
    expect(await refusal(run, other, run)).to.match(/a is given twice\. Give each run once\.$/);
    writeFileSync(join(run, 'model', 'finetune.json'), '{}');
    expect(await refusal(run, join(run, 'model'))).to.match(
      /a and .*a\/model are the same run\. Give each run once\.$/,
    );
  });

  it('what is no run', async () => {
    expect(await refusal(run, temporaryDirectory())).to.match(
      /holds no run\. Give the directory of a run\.$/,
    );
    expect(await refusal(run, join(run, 'absent'))).to.match(/absent holds nothing\. Give/);
    const file = join(run, 'report.json');
    expect(await refusal(run, file)).to.match(/report\.json holds no run\. Give/);
  });

  it('a run whose training has not ended', async () => {
    const started = temporaryDirectory();
    writeFileSync(join(started, 'recipe.json'), '{}');
    expect(await refusal(run, started)).to.match(/has not ended\. Resume it: finetune --resume /);
    expect(existsSync(join(started, '.lock'))).to.equal(false);
  });

  it('a model without its run', async () => {
    const model = join(temporaryDirectory(), 'model');
    mkdirSync(model);
    writeFileSync(join(model, 'finetune.json'), '{}');
    expect(await refusal(run, model)).to.match(
      /model is an exported model without its run, .* Give the directory of the run; or compare models on images with finetune evaluate/,
    );
  });

  it('a cross-validation, an ensemble and a study', async () => {
    const group = (name: string, ...files: readonly string[]): string => {
      const directory = join(temporaryDirectory(), name);
      for (const file of ['recipe.json', ...files]) {
        mkdirSync(join(directory, file, '..'), {recursive: true});
        writeFileSync(join(directory, file), '{}');
      }
      return directory;
    };
    expect(await refusal(run, group('cv', 'folds.json'))).to.match(
      /holds the runs of a cross-validation\. Give one of them, such as .*fold-1/,
    );
    const ensemble = group('ensemble', 'model/ensemble.json');
    const expected = /ensemble holds the runs of an ensemble\. Give one of them: a folder in /;
    expect(await refusal(run, ensemble)).to.match(expected);
    expect(await refusal(run, join(ensemble, 'model'))).to.match(expected);
    expect(await refusal(run, group('study', 'runs/x'))).to.match(
      /holds the runs of a study\. Give/,
    );
  });

  it('runs of different classes', async () => {
    const wasps = writeMadeUpRun({classes: ['ants', 'wasps']});
    expect(await refusal(run, wasps)).to.match(
      /^a and run have different classes, so they cannot be compared: only a has bees, only run has wasps\./,
    );
  });

  it('a damaged record', async () => {
    const [a, b] = writeRuns({}, {});
    for (const [content, sentence] of [
      ['null', /report\.json: The document must be object; it is null\./],
      ['{"classes": ["ants"]}', /report\.json: .*"metrics" is missing\./],
    ] as const) {
      writeFileSync(join(b!, 'report.json'), content);
      expect((await rejectionOf(compareRuns([a!, b!]))).message).to.match(sentence);
    }
  });

  it('damaged predictions', async () => {
    writeFileSync(join(run, 'predictions.json'), '{"validation": [{"name": 1}]}');
    expect(await refusal(run, other)).to.match(/predictions\.json.*name/);
    writeFileSync(join(run, 'predictions.json'), 'no JSON');
    expect(await refusal(run, other)).to.match(/predictions\.json cannot be read/);
  });

  it('arguments of another type', async () => {
    const wrong = compareRuns as (runs: unknown, options?: unknown) => Promise<unknown>;
    expect((await rejectionOf(wrong('a'))).message).to.include('an array of strings');
    expect((await rejectionOf(wrong([run, other], {page: 'x'}))).message).to.include('page');
  });

  it('nothing about a run that was moved', async () => {
    renameSync(run, `${run}-moved`);
    expect((await compareRuns([`${run}-moved`, other])).runs[0]!.run).to.equal(`${run}-moved`);
  });
});
