import {expect} from 'chai';
import {
  countFolder,
  formatClassCounts,
  toCountRecord,
  type ClassTable,
} from '../../../../src/cli/terminal/classes/class-counts.js';
import {displayWidth} from '../../../../src/cli/terminal/screen/layout.js';
import {COLORED, UNSTYLED} from '../../../../src/cli/terminal/screen/style.js';
import type {ImageFolder} from '../../../../src/datasets/sample.js';

const format = (table: ClassTable, columns = 60, limit?: number): string[] =>
  formatClassCounts(table, {
    ...{style: UNSTYLED, columns, elsewhere: 'finetune check DIR'},
    ...(limit !== undefined && {limit}),
  });

const many = (length: number, count = (i: number): number => 8 + (i % 3)): ClassTable => ({
  splits: ['train'],
  classes: Array.from({length}, (_, i) => ({name: `class-${i}`, counts: [count(i)]})),
});

describe('the table of images per class', () => {
  it('has a column for each split, and a bar by the largest class of the first', () => {
    expect(
      format({
        splits: ['train', 'validation'],
        classes: [
          {name: 'ants', counts: [1200, 300]},
          {name: 'bees', counts: [600, 150]},
          {name: 'none', counts: [0, 2]},
        ],
      }),
    ).to.deep.equal([
      'class  train  validation',
      `ants   1,200         300  ${'█'.repeat(24)}`,
      `bees     600         150  ${'█'.repeat(12)}`,
      'none       0           2',
    ]);
  });

  it('lists 12 classes, then says how many more there are, where, and how large the classes are', () => {
    expect(format(many(12))).to.have.length(13);
    const lines = format(many(37));
    expect(lines).to.have.length(15);
    expect(lines.slice(12)).to.deep.equal([
      `class-11     10  ${'█'.repeat(24)}`,
      '… 25 more (finetune check DIR)',
      'from 8 images (class-0) to 10 (class-35)',
    ]);
    expect(format(many(37, () => 10)).at(-1)).to.equal('10 images in every class');
    expect(format(many(1000)).at(-2)).to.equal('… 988 more (finetune check DIR)');
    expect(format(many(1000), 60, Infinity)).to.have.length(1001);
  });

  it('leaves out the bar where there is no space for one, and in files', () => {
    expect(format(many(2), 21)[1]).to.equal('class-0      8');
    expect(format(many(2), 22)[1]).to.match(/^class-0 {6}8 {2}█+/);
    expect(format(many(2), Infinity)[1]).to.equal('class-0      8');
  });

  it('fits into 49 columns with long and wide names', () => {
    const table = {
      splits: ['train', 'validation', 'test'],
      classes: [
        {name: '猫'.repeat(30), counts: [10_000, 1_000, 1_000]},
        {name: 'Thamnophis sirtalis infernalis, the California red-sided', counts: [7, 1, 1]},
      ],
    };
    const lines = formatClassCounts(table, {style: COLORED, columns: 49, elsewhere: ''});
    expect(lines).to.have.length(3);
    for (const line of lines) expect(displayWidth(line)).to.be.at.most(49);
    expect(lines[1]).to.include('10,000').and.to.include('猫…猫');
    expect(lines[2]).to.include('Tham').and.to.include('sided');
  });

  it('keeps the order of the classes, of names that are numbers too', () => {
    const classNames = ['1', '10', '2', '__proto__'];
    const samples = [0, 1, 1, 2, 2, 2, 3].map(label => ({label}));
    const folder = {classNames, samples} as unknown as ImageFolder;
    const {splits, classes} = countFolder(folder);
    expect(splits).to.deep.equal(['images']);
    expect(classes).to.deep.equal([
      {name: '1', counts: [1]},
      {name: '10', counts: [2]},
      {name: '2', counts: [3]},
      {name: '__proto__', counts: [1]},
    ]);
    expect(Object.entries(toCountRecord({splits, classes}))).to.deep.include([
      '__proto__',
      {images: 1},
    ]);
  });
});
