import {expect} from 'chai';
import fc from 'fast-check';
import {formatPathList, parsePathList} from '../../../src/core/files/path-list.js';

describe('a list of names', () => {
  it('holds any name', () => {
    const anyName = fc.string({minLength: 1, unit: 'binary'});
    fc.assert(
      fc.property(fc.array(anyName), names => {
        expect(parsePathList(formatPathList(names))).to.deep.equal(names);
      }),
      {seed: 1},
    );
    const odd = [
      'two\nlines',
      ' spaces ',
      '"quoted"',
      '#1.jpg',
      'a, b',
      '"half',
      '\uFEFFmark',
      'r\r',
    ];
    expect(parsePathList(formatPathList(['plain.jpg', ...odd]))).to.deep.equal([
      'plain.jpg',
      ...odd,
    ]);
    expect(formatPathList(['plain.jpg', '#1 a.jpg'])).to.equal('plain.jpg\n#1 a.jpg\n');
  });

  it('may have been written by hand', () => {
    expect(parsePathList('\uFEFFa.jpg\r\n\r\nb c.jpg\n"d\n')).to.deep.equal([
      'a.jpg',
      'b c.jpg',
      '"d',
    ]);
  });
});
