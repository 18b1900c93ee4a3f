import {expect} from 'chai';
import {createBackendListener, formatThreads} from '../../../src/cli/terminal/backend-view.js';
import {capture} from '../../helpers/capture.js';
import {CPU_BACKEND} from '../../helpers/backend-info.js';

describe('the start of a backend', () => {
  const shown = (withoutDownload?: string): string => {
    const captured = capture();
    const progress = {type: 'install', bytes: 0, totalBytes: null, seconds: 0} as const;
    const label = 'TensorFlow 2.21.0 is installed once: 273.8 MB to download';
    createBackendListener(captured.terminal, withoutDownload)({...progress, step: 'plan', label});
    return captured.stderr;
  };

  it('says before a download how to do without it', () => {
    expect(shown()).to.equal(
      'install    TensorFlow 2.21.0 is installed once: 273.8 MB to download. To do without it, slower: --backend wasm.\n',
    );
  });

  it('does not where the download was asked for', () => {
    expect(shown('')).to.match(/to download\.\n$/);
  });
});

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
