import {expect} from 'chai';
import {table} from '../../src/cli/table.js';
import {bytes, environmentName, kebab, labelled, listed, quoted, startedByNpx, wrapped} from '../../src/cli/words.js';

describe('words', () => {
  it('spell options for flags and for the environment', () => {
    expect(kebab('batchSize')).to.equal('batch-size');
    expect(environmentName('assertAccuracy')).to.equal('FINETUNE_ASSERT_ACCURACY');
  });

  it('know whether npx started the program itself', () => {
    expect(startedByNpx({})).to.equal(false);
    for (const script of ['finetune', "'finetune'"]) {
      expect(startedByNpx({npm_lifecycle_event: 'npx', npm_lifecycle_script: script})).to.equal(true);
    }
    expect(startedByNpx({npm_lifecycle_event: 'npx', npm_lifecycle_script: 'mocha'})).to.equal(false);
    expect(startedByNpx({npm_lifecycle_event: 'train', npm_lifecycle_script: 'finetune --data pets'})).to.equal(false);
  });

  it('quote for a shell only what needs it', () => {
    expect(['runs/a-b_1.2', 'a b', "it's", '', '$HOME'].map(quoted)).to.deep.equal([
      'runs/a-b_1.2',
      "'a b'",
      "'it'\\''s'",
      "''",
      "'$HOME'",
    ]);
  });

  it('list what there is', () => {
    expect(listed([])).to.equal('');
    expect(listed(['a'])).to.equal('a');
    expect(listed(['a', 'b', 'c'])).to.equal('a, b and c');
    expect(listed(['a', 'b', 'c', 'd'], 3)).to.equal('a, b and 2 more');
  });

  it('measure bytes', () => {
    expect([0, 999, 1024, 97.8 * 2 ** 20, 3 * 2 ** 40].map(bytes)).to.deep.equal([
      '0 bytes',
      '999 bytes',
      '1.0 KiB',
      '97.8 MiB',
      '3072.0 GiB',
    ]);
  });

  it('break lines between words, below the label', () => {
    expect(wrapped('one two three', 9, '  ')).to.equal('one two\n  three');
    expect(wrapped('unbreakable', 5, '')).to.equal('unbreakable');
    expect(labelled(text => `<${text}>`, 'note', 'aaaa bbbb', 17)).to.equal('<note       >aaaa\n           bbbb');
  });

  it('stand in columns, numbers at the right', () => {
    expect(
      table(
        [
          ['class', 'images'],
          ['ants', '7'],
        ],
        [1],
      ),
    ).to.deep.equal(['class  images', 'ants        7']);
    expect(table([])).to.deep.equal([]);
  });
});
