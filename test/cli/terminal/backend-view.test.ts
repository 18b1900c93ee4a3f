import {expect} from 'chai';
import {formatThreads} from '../../../src/cli/terminal/backend-view.js';
import type {BackendInfo} from '../../../src/backend/runtime/backend-info.js';

const BACKEND: BackendInfo = {
  ...{
    backend: 'tensorflow',
    tfjsVersion: '4.22.0',
    from: 'pip',
    device: 'cpu',
    devices: [],
    threads: 2,
    oneDnn: true,
    nodeVersion: 'v20',
  },
};

describe('the sentence about threads', () => {
  it('tells of those that decode and those that compute', () => {
    expect(formatThreads(1, BACKEND, {})).to.equal(
      'decoding with 1 thread, TensorFlow computes with 2',
    );
    expect(formatThreads(2, {...BACKEND, backend: 'wasm', threads: 1}, {})).to.equal(
      'decoding with 2 threads, the portable backend computes with 1',
    );
  });

  it('promises no more threads than there are', () => {
    expect(formatThreads(9, BACKEND, {UV_THREADPOOL_SIZE: '8'})).to.match(
      /^decoding with 8 threads/,
    );
    expect(formatThreads(9, BACKEND, {})).to.match(/^decoding with 4 threads/);
    expect(formatThreads(undefined, BACKEND, {UV_THREADPOOL_SIZE: '16'})).to.match(
      /^decoding with 16 threads/,
    );
  });
});
