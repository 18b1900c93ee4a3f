import {expect} from 'chai';
import {formatCount, formatInteger} from '../../../src/core/text/format-count.js';

describe('counts for people', () => {
  it('have groups of three digits and agree with their noun', () => {
    expect(formatInteger(1234567)).to.equal('1,234,567');
    expect([
      formatCount(1, 'image'),
      formatCount(1153, 'image'),
      formatCount(2, 'class', 'classes'),
    ]).to.deep.equal(['1 image', '1,153 images', '2 classes']);
  });
});
