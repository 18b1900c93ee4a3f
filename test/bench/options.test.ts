import {expect} from 'chai';
import {selectRows, readOptions, USAGE} from '../../bench/options.js';
import {keyOf, ROWS} from '../../bench/rows.js';

const namesOf = (options?: string): string[] => selectRows(options).map(({name}) => name);

describe('options of the bench', () => {
  it('measures every row unless told', () => {
    expect(readOptions([]).rows).to.deep.equal(ROWS);
    expect(readOptions([])).to.include({repeats: 5, python: 'python3'});
  });

  it('chooses rows by name, or all that begin alike, in the order of the table', () => {
    expect(namesOf('whole-job')).to.deep.equal(['whole-job']);
    expect(namesOf('inference,full-r50')).to.deep.equal([
      'full-r50',
      'inference-rx50',
      'inference-32',
      'inference-1',
    ]);
  });

  it('refuses what it does not know', () => {
    expect(() => selectRows('full-r51')).to.throw('There is no row "full-r51" for --rows.');
    expect(() => readOptions(['--repeats', '0'])).to.throw(
      '--repeats is "0". Give a whole number from 1 up.',
    );
    expect(() => readOptions(['--row', 'decode'])).to.throw("Unknown option '--row'");
  });

  it('names every row in its usage, each once', () => {
    expect(USAGE).to.include(ROWS.map(({name}) => name).join(', '));
    expect(new Set(ROWS.map(({name}) => name)).size).to.equal(ROWS.length);
  });

  it('lets rows share a side only within a group', () => {
    const groups = new Map<string, Set<string>>();
    for (const {ours, peer, group} of ROWS) {
      for (const side of [ours, peer])
        groups.set(keyOf(side), (groups.get(keyOf(side)) ?? new Set()).add(group));
    }
    expect([...groups].filter(([, found]) => found.size > 1)).to.deep.equal([]);
  });
});
