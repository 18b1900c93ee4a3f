import {expect} from 'chai';
import {defaultsOf, mergeOptions} from '../../../src/finetune/options/merge-options.js';

describe('mergeOptions', () => {
  it('takes each value from the strongest source that has one, and says which', () => {
    const merged = mergeOptions<object>([
      {source: 'flag', values: {seed: 1, arch: undefined}},
      {source: 'environment', values: {seed: 2, batchSize: 8}},
      {source: 'recipe file', values: {seed: 3, batchSize: 9, arch: 'resnet18'}},
      {source: 'recommended', values: {batchSize: 32, views: 2}},
      defaultsOf({seed: {default: 42}, views: {}, offline: {default: false}}),
    ]);
    expect(merged).to.deep.equal({
      values: {seed: 1, batchSize: 8, arch: 'resnet18', views: 2, offline: false},
      sources: {
        seed: 'flag',
        batchSize: 'environment',
        arch: 'recipe file',
        views: 'recommended',
        offline: 'default',
      },
    });
  });
});
