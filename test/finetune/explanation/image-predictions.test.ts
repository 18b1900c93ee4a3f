import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {SplitDocument} from '../../../src/datasets/splitting/split-file.js';
import type {PredictionsDocument} from '../../../src/finetune/explanation/image-predictions.js';
import {compareRuns} from '../../../src/finetune/run-comparison/compare-runs.js';
import {useBackend} from '../../helpers/backend.js';
import {PROBE, runAndTell, smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const readJson = <T>(run: string, name: string): T =>
  JSON.parse(readFileSync(join(run, name), 'utf8')) as T;

describe('predictions.json of a run', () => {
  useBackend();

  it('has the predictions of all validation images, which a comparison tests', async () => {
    const folder = await smallFolder();
    const root = temporaryDirectory();
    const [first, second] = [join(root, 'first'), join(root, 'second')];
    const {result} = await runAndTell(folder, smallRecipe(folder, {phases: [PROBE]}), {out: first});
    const splitFile = join(first, 'split.json');
    const other = smallRecipe(folder, {phases: [PROBE], seed: 7, splitFile});
    const {result: otherResult} = await runAndTell(folder, other, {out: second});
    for (const [run, {metrics, validationProbabilities, split}] of [
      [first, result],
      [second, otherResult],
    ] as const) {
      const {validation} = readJson<PredictionsDocument>(run, 'predictions.json');
      const entries = readJson<SplitDocument>(run, 'split.json').validation;
      expect(validation.map(({name, sha256}) => ({name, sha256}))).to.deep.equal(entries);
      expect(validation.map(({truth}) => truth)).to.deep.equal(
        split.validation.map(({label}) => folder.classNames[label]),
      );
      const correct = validation.filter(({truth, prediction}) => truth === prediction).length;
      expect(correct / validation.length).to.equal(metrics.validation.accuracy);
      const classes = folder.classNames.length;
      validation.forEach(({prediction, confidence}, i) => {
        const row = validationProbabilities.subarray(i * classes, (i + 1) * classes);
        expect(prediction).to.equal(folder.classNames[row.indexOf(Math.max(...row))]);
        expect(confidence).to.be.closeTo(Math.max(...row), 1e-6);
      });
    }
    const {paired, runs} = await compareRuns([first, second]);
    expect(runs.map(({metrics}) => metrics.accuracy)).to.deep.equal([
      result.metrics.validation.accuracy,
      otherResult.metrics.validation.accuracy,
    ]);
    const {test, problem} = paired[0]!;
    expect(test!.images).to.equal(result.split.validation.length);
    expect(problem).to.equal(undefined);
    const [right, bestRight] = [test!.bothRight + test!.onlyThis, test!.bothRight + test!.onlyBest];
    expect([right, bestRight].map(count => count / test!.images).sort()).to.deep.equal(
      runs.map(({metrics}) => metrics.accuracy).sort(),
    );
  });
});
