import {expect} from 'chai';
import {orderBackends, tryBackends} from '../../templates/web/inference/backends.js';
import {describeAnswer, percentOf, titleOf} from '../../templates/web/view.js';

describe('the backend of the web page', () => {
  it('is a GPU where there is one, and WebAssembly before an imitated one', () => {
    expect(orderBackends(true, 'gpu')).to.deep.equal(['webgpu', 'webgl', 'wasm', 'cpu']);
    expect(orderBackends(false, 'gpu')).to.deep.equal(['webgl', 'wasm', 'cpu']);
    expect(orderBackends(false, 'software')).to.deep.equal(['wasm', 'webgl', 'cpu']);
    expect(orderBackends(false, undefined)).to.deep.equal(['wasm', 'cpu']);
  });

  it('is the first that works; those before it are told with their reasons', async () => {
    const tried: string[] = [];
    const attempt = await tryBackends(['webgpu', 'webgl', 'wasm', 'cpu'], async backend => {
      tried.push(backend);
      if (backend === 'webgpu') throw new Error('no adapter');
      // A script that does not load is no Error.
      if (backend === 'webgl') throw {message: 'lost'}; // oxlint-disable-line
      return `on ${backend}`;
    });
    expect(attempt).to.deep.equal({
      backend: 'wasm',
      result: 'on wasm',
      failures: [
        {backend: 'webgpu', reason: 'no adapter'},
        {backend: 'webgl', reason: 'lost'},
      ],
    });
    expect(tried).to.deep.equal(['webgpu', 'webgl', 'wasm']);
  });

  it('is none where none works: the last reason is told', async () => {
    const error = await tryBackends(['wasm', 'cpu'], async backend => {
      throw new Error(`no ${backend}`);
    }).catch((caught: unknown) => caught);
    expect(error).to.be.an('error').with.property('message', 'no cpu');
  });
});

describe('the answer of the web page', () => {
  it('is the best class, unless its probability is too low to be sure', () => {
    const bees = (probability: number, isUnknown = false) => ({
      ranked: [{className: 'bees', probability}],
      isUnknown,
    });
    expect(describeAnswer(bees(0.934), 0.5)).to.deep.equal(['bees', '93.4 %']);
    expect(describeAnswer(bees(0.5), 0.5)).to.deep.equal(['bees', '50.0 %']);
    expect(describeAnswer(bees(0.499), 0.5)).to.deep.equal([
      'Not sure',
      'The best guess is bees, at 49.9 %. It may be none of the classes.',
    ]);
    expect(describeAnswer(bees(0.6), 0.7)[0]).to.equal('Not sure');
    expect(describeAnswer(bees(0.9, true), 0.5)).to.deep.equal([
      'Unknown',
      'It is probably none of the classes. The best guess is bees, at 90.0 %.',
    ]);
  });

  it('has percents that are neither 0.0 nor 100.0', () => {
    expect([0.99999, 0.9994, 0.123, 0.0001].map(percentOf)).to.deep.equal([
      '100 %',
      '99.9 %',
      '12.3 %',
      '0 %',
    ]);
  });

  it('comes below the names of the classes, if they are few', () => {
    expect(titleOf(['ants', 'bees'])).to.equal('ants or bees');
    expect(titleOf(['a', 'b', 'c', 'd'])).to.equal('a, b, c or d');
    expect(titleOf(['a', 'b', 'c', 'd', 'e'])).to.equal('5 classes');
  });
});
