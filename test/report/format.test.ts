import {expect} from 'chai';
import {coordinate, formatDuration, formatPercent, truncate} from '../../src/report/format.js';

describe('numbers for people', () => {
  it('are percentages with a decimal, except nothing, all and what has no value', () => {
    expect([0, 0.0004, 0.9412, 1, null].map(value => formatPercent(value))).to.deep.equal(
      ['0 %', '0.0 %', '94.1 %', '100 %', '–'].map(text => text.replace(' ', '\u00a0')),
    );
  });

  it('are durations in the two largest units', () => {
    expect([0.42, 9.96, 41.7, 59.6, 92, 3599.7, 7325].map(formatDuration)).to.deep.equal(
      ['0.4 s', '10 s', '42 s', '1 min 0 s', '1 min 32 s', '1 h 0 min', '2 h 2 min'], // prettier-ignore
    );
  });

  it('are coordinates of two decimals', () => {
    expect(coordinate(1 / 3)).to.equal('0.33');
  });

  it('shorten text by whole characters', () => {
    expect(truncate('staffordshire', 6)).to.equal('staff…');
    expect(truncate('🐱🐱🐱', 2)).to.equal('🐱…');
    expect(truncate('pug', 3)).to.equal('pug');
  });
});
