import {expect} from 'chai';
import {formatThreads} from '../../../src/cli/terminal/backend-view.js';
import {CPU_BACKEND} from '../../helpers/backend-info.js';

describe('the sentence about threads', () => {
  it('tells of those that decode and those that compute', () => {
    expect(formatThreads(1, CPU_BACKEND, {})).to.equal(
      'decoding with 1 thread, TensorFlow computes with 2',
    );
    expect(formatThreads(2, {...CPU_BACKEND, backend: 'wasm', threads: 1}, {})).to.equal(
      'decoding with 2 threads, the portable backend computes with 1',
    );
  });

  it('promises no more threads than there are', () => {
    expect(formatThreads(9, CPU_BACKEND, {UV_THREADPOOL_SIZE: '8'})).to.match(
      /^decoding with 8 threads/,
    );
    expect(formatThreads(9, CPU_BACKEND, {})).to.match(/^decoding with 4 threads/);
    expect(formatThreads(undefined, CPU_BACKEND, {UV_THREADPOOL_SIZE: '16'})).to.match(
      /^decoding with 16 threads/,
    );
  });
});
