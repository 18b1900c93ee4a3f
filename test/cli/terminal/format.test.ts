import {formatBytes} from '../../../src/core/text/format-bytes.js';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {expect} from 'chai';
import {
  formatTable,
  truncateMiddle,
  formatLabeled,
  padEnd,
  displayWidth,
  wrapText,
} from '../../../src/cli/terminal/screen/layout.js';
import {
  toEnvironmentName,
  toKebabCase,
  formatList,
  quoted,
  isStartedByNpx,
  shortPath,
} from '../../../src/cli/terminal/format.js';

describe('words', () => {
  it('spell options for flags and for the environment', () => {
    expect(toKebabCase('batchSize')).to.equal('batch-size');
    expect(toEnvironmentName('assertAccuracy')).to.equal('FINETUNE_ASSERT_ACCURACY');
  });

  it('show a path below the working directory without what leads to it', () => {
    const directory = process.cwd();
    expect(shortPath(join(directory, 'pets', 'cat'))).to.equal(join('pets', 'cat'));
    for (const path of [directory, join(directory, '..', 'other'), 'pets.csv'])
      expect(shortPath(path)).to.equal(path);
  });

  it('know whether npx started the program itself', () => {
    expect(isStartedByNpx({})).to.equal(false);
    for (const script of ['finetune', "'finetune'"]) {
      expect(isStartedByNpx({npm_lifecycle_event: 'npx', npm_lifecycle_script: script})).to.equal(
        true,
      );
    }
    expect(isStartedByNpx({npm_lifecycle_event: 'npx', npm_lifecycle_script: 'mocha'})).to.equal(
      false,
    );
    expect(
      isStartedByNpx({npm_lifecycle_event: 'train', npm_lifecycle_script: 'finetune --data pets'}),
    ).to.equal(false);
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
    expect(formatList([])).to.equal('');
    expect(formatList(['a'])).to.equal('a');
    expect(formatList(['a', 'b', 'c'])).to.equal('a, b and c');
    expect(formatList(['a', 'b', 'c', 'd'], 3)).to.equal('a, b and 2 more');
  });

  it('measure bytes', () => {
    expect([0, 999, 1000, 273_829_956, 3.2e12].map(formatBytes)).to.deep.equal([
      '0 bytes',
      '999 bytes',
      '1.0 kB',
      '273.8 MB',
      '3200.0 GB',
    ]);
  });

  it('quote what a terminal would act on as bash reads it', () => {
    expect(["a\n'b\\", '\u001b[2J', '\u202e'].map(quoted)).to.deep.equal([
      "$'a\\n\\'b\\\\'",
      "$'\\u001b[2J'",
      "$'\\u202e'",
    ]);
    for (const word of ["a\n'b\\", 'x\u001b[2J\u202ey', "it's"]) {
      const script = `printf %s ${quoted(word)}`;
      expect(
        execFileSync('bash', ['-c', script], {
          encoding: 'utf8',
          env: {...process.env, LC_ALL: 'C.UTF-8'},
        }),
      ).to.equal(word);
    }
  });

  it('measure what is seen: wide characters take two columns, colors none', () => {
    expect(wrapText('\u001b[32mone two\u001b[39m three', 13, '').split('\n')).to.have.length(1);
    expect(wrapText('漢字 漢字 漢字', 9, '')).to.equal('漢字 漢字\n漢字');
    expect(padEnd('漢', 4)).to.equal('漢  ');
    expect(
      formatTable(
        [
          ['漢字', '1'],
          ['abcd', '22'],
        ],
        [1],
      ),
    ).to.deep.equal(['漢字   1', 'abcd  22']);
  });

  it('keep a number and its sign together, line breaks and indentation', () => {
    expect(wrapText('about 94.8 %', 10, '')).to.equal('about\n94.8 %');
    expect(wrapText('features 12 s, train', 11, '')).to.equal('features\n12 s, train');
    expect(wrapText('after 12 seconds', 10, '')).to.equal('after 12\nseconds');
    expect(wrapText('a\u00a0b 1 s', 20, '')).to.equal('a\u00a0b 1 s');
    expect(wrapText('one\n  aaaaaa bbbbbb', 14, '> ')).to.equal('one\n>   aaaaaa\n>   bbbbbb');
  });

  it('cut the middle of what is too long', () => {
    expect(truncateMiddle('/home/ann/pets/Birman_121.jpg', 20)).to.equal('/home/a…rman_121.jpg');
    expect(truncateMiddle('short', 20)).to.equal('short');
    expect(displayWidth(truncateMiddle('漢字'.repeat(20), 21))).to.be.at.most(21);
  });

  it('break lines between words, below the label', () => {
    expect(wrapText('one two three', 9, '  ')).to.equal('one two\n  three');
    expect(wrapText('unbreakable', 20, '')).to.equal('unbreakable');
    expect(formatLabeled(text => `<${text}>`, 'note', 'aaaaaaaa bbbb', 22)).to.equal(
      '<note       >aaaaaaaa\n           bbbb',
    );
  });

  it('stand in columns, numbers at the right', () => {
    expect(
      formatTable(
        [
          ['class', 'images'],
          ['ants', '7'],
        ],
        [1],
      ),
    ).to.deep.equal(['class  images', 'ants        7']);
    expect(formatTable([])).to.deep.equal([]);
  });
});
