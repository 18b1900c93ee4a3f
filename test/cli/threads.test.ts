import {availableParallelism} from 'node:os';
import {expect} from 'chai';
import {decodingThreads, threadsSentence} from '../../src/cli/threads.js';
import type {EngineInfo} from '../../src/engine/engine-info.js';

const ENGINE: EngineInfo = {
  ...{engine: 'tensorflow', tfjsVersion: '4.22.0', from: 'pip', device: 'cpu', devices: [], threads: 2, oneDnn: true, nodeVersion: 'v20'},
};

describe('threads', () => {
  it('decode as many pictures as asked for, but no more than there are', () => {
    expect(decodingThreads(3, {UV_THREADPOOL_SIZE: '8'})).to.equal(3);
    expect(decodingThreads(9, {UV_THREADPOOL_SIZE: '8'})).to.equal(8);
    expect(decodingThreads(9, {})).to.equal(4);
    expect(decodingThreads(undefined, {UV_THREADPOOL_SIZE: '1000'})).to.equal(availableParallelism());
  });

  it('are told of, those that decode and those that compute', () => {
    expect(threadsSentence(1, ENGINE)).to.equal('decoding with 1 thread, TensorFlow computes with 2');
    expect(threadsSentence(2, {...ENGINE, engine: 'wasm', threads: 1})).to.equal(
      'decoding with 2 threads, the portable engine computes with 1',
    );
  });
});
