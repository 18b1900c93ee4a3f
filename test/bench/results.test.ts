import {expect} from 'chai';
import type {MachineInfo} from '../../bench/machine.js';
import type {Readings} from '../../bench/reading.js';
import {
  renderDocument,
  machineSection,
  mergeResults,
  rowsSection,
  type Results,
  type RowResult,
} from '../../bench/results.js';
import type {Row, SideSpec} from '../../bench/rows.js';

const MACHINE: MachineInfo = {
  processor: 'A processor',
  cores: 2,
  memory: 24,
  flags: ['avx2'],
  versions: {TensorFlow: '2.21.0', torch: '2.14'},
};
const SIDE: SideSpec = {kind: 'worker', by: 'ours', task: 'step', options: {}};

const row = (name: string, parts: Partial<Row> = {}): Row => ({
  name,
  title: `What ${name} does`,
  quantity: 'images/s',
  ours: SIDE,
  peer: {...SIDE, by: 'pytorch'},
  target: {atLeast: 1.3},
  group: name,
  ...parts,
});

/** Readings of 10 images each. */
const readings = (seconds: readonly number[], peakMemory?: number): Readings => ({
  readings: seconds.map(each => ({seconds: each, images: 10, processorSeconds: 2 * each})),
  ...(peakMemory !== undefined && {peakMemory}),
});

const results = (...rows: RowResult[]): Results => ({
  machine: MACHINE,
  command: 'npm run bench',
  rows,
});
const result = (name: string, parts: Partial<RowResult> = {}): RowResult => ({
  name,
  date: '2026-11-26',
  ...parts,
});
const lineOf = (subject: Row, found: RowResult, notes = {}): string =>
  rowsSection([subject], results(found), notes).split('\n')[2]!;

describe('results of the bench', () => {
  it('say median, span and ratio of a row, and whether it is what was wanted', () => {
    const found = result('a', {ours: readings([1, 0.5, 2]), peer: readings([4, 2, 1])});
    const cells = [
      '`a`',
      'What a does',
      'images/s',
      '10.0 (5.00 to 20.0)',
      '5.00 (2.50 to 10.0)',
      '2.00x reached',
      '>= 1.3x',
      '2.00x',
    ];
    expect(lineOf(row('a'), found)).to.equal(`| ${[...cells, '2026-11-26'].join(' | ')} |`);
    expect(lineOf(row('a', {target: {atLeast: 2.5}}), found)).to.include('2.00x **short**');
  });

  it('take memory of the process, where less is better', () => {
    const subject = row('m', {quantity: 'MiB', target: {atMost: 1.2}});
    expect(
      lineOf(subject, result('m', {ours: readings([1], 1100), peer: readings([1], 1000)})),
    ).to.include('| 1100 | 1000 | 1.10x reached | <= 1.2x | - |');
    expect(
      lineOf(subject, result('m', {ours: readings([1], 1300), peer: readings([1], 1000)})),
    ).to.include('1.30x **short**');
  });

  it('keep a row whose peer is missing, with the reason, and the notes of people', () => {
    const found = result('a', {ours: readings([1]), missing: 'There is no torch.'});
    const text = rowsSection([row('a')], results(found), {
      a: 'Slow because of reorders.',
      b: 'Of another row.',
    });
    expect(text.split('\n')[2]).to.include('| 10.0 | - | - | >= 1.3x | - |');
    expect(text).to.include('- `a`: There is no torch.\n- `a`: Slow because of reorders.');
    expect(text).not.to.include('another row');
  });

  it('say what accuracy whole jobs reached', () => {
    const of = (accuracy: number, epochs?: number): Readings => ({
      readings: [{seconds: 1, images: 1, accuracy, ...(epochs !== undefined && {epochs})}],
    });
    const text = rowsSection(
      [row('j', {quantity: 's'})],
      results(result('j', {ours: of(0.954), peer: of(0.9216, 3)})),
      {},
    );
    expect(text).to.include(
      '- `j`: Validation accuracy: ours 95.4 %; PyTorch 92.2 % after 3 epochs.',
    );
  });

  it('keep rows that were not measured again, unless the machine is another', () => {
    const [older, fresh] = [
      results(result('a'), result('b')),
      results(result('b', {missing: 'new'})),
    ];
    expect(mergeResults(older, fresh).rows).to.deep.equal([
      result('a'),
      result('b', {missing: 'new'}),
    ]);
    expect(mergeResults({...older, machine: {...MACHINE, cores: 4}}, fresh)).to.deep.equal(fresh);
    expect(mergeResults(undefined, fresh)).to.deep.equal(fresh);
  });

  it('come as a document that says where and with what', () => {
    const text = renderDocument([machineSection(results()), 'More.']);
    expect(text).to.match(/^# Measured side by side\n\n/);
    expect(text).to.include(
      '`npm run bench` on A processor, 2 cores, 24 GiB, avx2;\nTensorFlow 2.21.0, torch 2.14.',
    );
    expect(text).to.match(/\n\nMore\.\n$/);
  });
});
