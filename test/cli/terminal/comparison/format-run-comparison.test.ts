import {join} from 'node:path';
import {expect} from 'chai';
import {formatRunComparison} from '../../../../src/cli/terminal/comparison/format-run-comparison.js';
import {displayWidth} from '../../../../src/cli/terminal/screen/layout.js';
import {UNSTYLED} from '../../../../src/cli/terminal/screen/style.js';
import {compareRuns} from '../../../../src/finetune/run-comparison/compare-runs.js';
import {writeMadeUpRun, type MadeUpRun} from '../../../helpers/made-up-runs.js';
import {temporaryDirectory} from '../../../helpers/temporary.js';

const WEIGHTS = '/home/ann/weights/resnet50-imagenet-keras-stage3.safetensors';

/** Lines of a comparison of made-up runs, by name. */
async function format(
  runs: Readonly<Record<string, MadeUpRun>>,
  {columns = 80, verbose = false} = {},
): Promise<string[]> {
  const root = temporaryDirectory();
  const paths = Object.entries(runs).map(([name, run]) => writeMadeUpRun(run, join(root, name)));
  const comparison = await compareRuns(paths);
  const terminal = {resultStyle: UNSTYLED, resultColumns: columns};
  return formatRunComparison(comparison, terminal, verbose).replaceAll('\u00a0', ' ').split('\n');
}

const TWO = {
  'pets-resnet50': {wrong: [1, 2, 3], settings: {weights: WEIGHTS}, record: {weights: WEIGHTS}},
  'pets-resnet18': {wrong: [3], hasModel: false},
} as unknown as Readonly<Record<string, MadeUpRun>>;

describe('formatRunComparison', () => {
  it('has a table of the runs, the tests, the settings and the disagreements', async () => {
    const lines = await format(TWO);
    expect(lines[0]).to.match(
      /^run {7}network {3}weights +accuracy {2}95 % interval {2}trained {5}size$/,
    );
    expect(lines[1]).to.match(
      /^resnet50 {2}resnet50 {2}resn…etensors +92\.5 % {3}80\.1 to 97\.4 +31 s {2}94\.0 kB$/,
    );
    expect(lines[2]).to.match(/^resnet18 {2}resnet50 {2}.* 97\.5 % {3}87\.1 to 99\.6 +31 s +–$/);
    const text = lines.join(' ').replace(/ +/g, ' ');
    expect(text)
      .to.include(
        'resnet18 is right on 2 images that resnet50 misses, and wrong on 0 that it gets: p = 0.50, no clear difference.',
      )
      .and.to.include('setting resnet50 resnet18 weights')
      .and.to.include('2 images that some runs get right and others wrong')
      .and.to.include('2 resnet18 is right, resnet50 is wrong');
  });

  it('lists the images with --verbose', async () => {
    expect(await format(TWO, {verbose: true})).to.include('   bees/1.jpg (bees)');
  });

  it('fits into 80 columns, with long names as well', async () => {
    const long = Object.fromEntries(
      ['first', 'second', 'third'].map((name, i) => [
        `a-very-long-name-of-a-run-that-says-much/${name}-and-more-of-it-${'x'.repeat(30)}`,
        {wrong: [i], settings: {weights: WEIGHTS, seed: i}, record: {weights: WEIGHTS}},
      ]),
    );
    const lines = await format(long);
    const tables = lines.filter(line => /^(?:run|first|setting|seed)/.test(line));
    expect(tables).to.have.length.at.least(4);
    for (const line of lines) expect(displayWidth(line), line).to.be.at.most(80);
  });

  it('leaves out size, time and interval where the terminal is narrow', async () => {
    const lines = await format(TWO, {columns: 60});
    expect(lines[0]).to.match(/^run +network +weights +accuracy( +95 % interval)?$/);
    for (const line of lines) expect(displayWidth(line), line).to.be.at.most(60);
    expect((await format(TWO, {columns: 46}))[0]).to.match(/ accuracy$/);
  });

  it('lists the settings and the largest groups of images of many runs in 80 columns', async () => {
    const many = Object.fromEntries(
      Array.from({length: 12}, (_, i) => [
        `run-${i}`,
        {wrong: [i, i + 12], settings: {seed: i % 2}},
      ]),
    );
    const lines = await format(many);
    for (const line of lines) expect(displayWidth(line), line).to.be.at.most(80);
    const text = lines.join(' ').replace(/ +/g, ' ');
    expect(text)
      .to.include(
        'settings that differ seed: 0 (run-0, run-2, run-4, run-6, run-8, run-10), 1 (run-1,',
      )
      .and.to.include('24 images that some runs get right and others wrong 2 run-')
      .and.to.include(
        ' 8 more images with other combinations of right and wrong. --verbose lists all.',
      );
    expect(lines.filter(line => /^2 {2}run/.test(line))).to.have.length(8);
    const verbose = await format(many, {verbose: true});
    expect(verbose.filter(line => /^2 {2}run/.test(line))).to.have.length(12);
  });

  it('says so where no setting differs', async () => {
    expect(await format({a: {}, b: {}})).to.include('No setting differs.');
  });
});
