import {expect} from 'chai';
import {defaultWorkers, isOffline, readVariable} from '../../src/core/environment-variables.js';
import {UsageError} from '../../src/core/errors.js';

describe('the variables that the library obeys', () => {
  it('count as absent where they are empty', () => {
    const kind = {expected: 'anything', accepts: () => true};
    expect(readVariable('A', kind, {A: ''})).to.equal(undefined);
    expect(readVariable('A', kind, {})).to.equal(undefined);
    expect(readVariable('A', kind, {A: 'b'})).to.equal('b');
  });

  it('say whether to avoid the network, unless an option does', () => {
    expect(isOffline(undefined, {})).to.equal(false);
    expect(isOffline(undefined, {FINETUNE_OFFLINE: '1'})).to.equal(true);
    expect(isOffline(undefined, {FINETUNE_OFFLINE: 'no'})).to.equal(false);
    expect(isOffline(false, {FINETUNE_OFFLINE: '1'})).to.equal(false);
    expect(isOffline(true, {})).to.equal(true);
    expect(() => isOffline(undefined, {FINETUNE_OFFLINE: 'perhaps'})).to.throw(
      UsageError,
      'FINETUNE_OFFLINE in the environment is "perhaps". Set it to true or false.',
    );
  });

  it('limit the threads that decode', () => {
    expect(defaultWorkers({FINETUNE_WORKERS: '3', UV_THREADPOOL_SIZE: '8'})).to.equal(3);
    expect(defaultWorkers({UV_THREADPOOL_SIZE: '8'})).to.equal(8);
    expect(() => defaultWorkers({FINETUNE_WORKERS: '0'})).to.throw(
      UsageError,
      'FINETUNE_WORKERS in the environment is "0". Set it to a whole number from 1 up.',
    );
  });
});
