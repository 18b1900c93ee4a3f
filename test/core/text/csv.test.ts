import {expect} from 'chai';
import {csvLine} from '../../../src/core/text/csv.js';

describe('a line of a CSV file', () => {
  it('quotes what would end a field or a line', () => {
    expect(csvLine(['a', 1.5, 'b c'])).to.equal('a,1.5,b c\r\n');
    expect(csvLine(['a,b', 'say "a"', 'two\nlines', ''])).to.equal(
      '"a,b","say ""a""","two\nlines",\r\n',
    );
  });
});
