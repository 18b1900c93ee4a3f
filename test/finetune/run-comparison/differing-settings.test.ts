import {expect} from 'chai';
import {differingSettings} from '../../../src/finetune/run-comparison/differing-settings.js';
import type {DifferingSetting} from '../../../src/report/comparison/run-comparison.js';
import {madeUpRecord} from '../../helpers/run-record.js';

/** What differs between runs with these settings. */
function compare(...runs: readonly Readonly<Record<string, unknown>>[]): DifferingSetting[] {
  return differingSettings(
    runs.map((settings, i) => ({
      name: 'abc'[i]!,
      record: {
        ...madeUpRecord(['ants', 'bees']),
        settings: Object.entries(settings).map(([name, value]) => ({name, value, source: 'flag'})),
      },
    })),
  );
}

const phase = (name: string, epochs: number, learningRates: object): object => ({
  ...{name, epochs, learningRates},
});

describe('differingSettings', () => {
  it('has a row for each setting that is not the same in all runs', () => {
    expect(compare({seed: 42, arch: 'resnet18'}, {seed: 42, arch: 'resnet50'})).to.deep.equal([
      {path: 'arch', values: {a: 'resnet18', b: 'resnet50'}},
    ]);
    expect(compare({seed: 1}, {seed: 1}, {seed: 2})).to.deep.equal([
      {path: 'seed', values: {a: 1, b: 1, c: 2}},
    ]);
  });

  it('names nested values by their path, and phases by their name', () => {
    const probe = phase('probe', 20, {stem: null, head: 0.003});
    const a = {phases: [probe], augment: {flip: true, crop: [0.5, 1]}};
    const b = {phases: [{...probe, epochs: 9}, phase('full', 5, {stem: null, head: 1e-3})]};
    expect(compare(a, {...b, augment: {flip: true, crop: [0.2, 1]}})).to.deep.equal([
      {path: 'phases.probe.epochs', values: {a: 20, b: 9}},
      {path: 'augment.crop', values: {a: [0.5, 1], b: [0.2, 1]}},
      {path: 'phases.full.epochs', values: {b: 5}},
      {path: 'phases.full.learningRates.head', values: {b: 1e-3}},
    ]);
  });

  it('leaves out settings on which no result depends', () => {
    const values = {out: 'a', overwrite: true, workers: 2, cacheDisk: 1, offline: true};
    expect(compare({...values, device: 'cpu'}, {out: 'b', device: 'gpu'})).to.deep.equal([
      {path: 'device', values: {a: 'cpu', b: 'gpu'}},
    ]);
  });
});
