import {expect} from 'chai';
import type {ImageFolder, Sample} from '../../../src/datasets/sample.js';
import {
  createGrouping,
  groupLeakageFindings,
} from '../../../src/datasets/splitting/split-groups.js';
import {planSplit} from '../../../src/datasets/splitting/split.js';

const sample = (name: string, label = 0): Sample => ({path: `/data/${name}`, name, label});
const PATIENTS = Array.from({length: 60}, (_, i) =>
  sample(`${i % 2 ? 'ill' : 'well'}/p${Math.floor(i / 6)}_${i}.png`, i % 2),
);

const splitWith = (samples: readonly Sample[], groupBy: string) => {
  const folder: ImageFolder = {
    root: '/data',
    classNames: ['well', 'ill'],
    samples,
    findings: [],
    layout: 'classes',
  };
  return planSplit(
    folder,
    {samples, contentHash: ({name}) => name},
    {seed: 3, valSplit: 0.3, groupBy},
  );
};

describe('createGrouping', () => {
  it('keeps together what a pattern captures, across classes', () => {
    const {train, validation} = splitWith(PATIENTS, '(p\\d+)_');
    const patients = (split: readonly Sample[]): Set<string> =>
      new Set(split.map(({name}) => /p\d+/.exec(name)![0]));
    expect([...patients(train)].filter(patient => patients(validation).has(patient))).to.deep.equal(
      [],
    );
    expect(train.length + validation.length).to.equal(60);
    expect(validation.length).to.equal(18);
  });

  it('keeps together what is in one folder', () => {
    const samples = Array.from({length: 40}, (_, i) =>
      sample(`${i % 2 ? 'ill' : 'well'}/site${i % 5}/${i}.png`, i % 2),
    );
    const {train, validation} = splitWith(samples, 'folder:2');
    const folders = (split: readonly Sample[]): Set<string> =>
      new Set(split.map(({name}) => name.split('/').slice(0, 2).join('/')));
    expect([...folders(train)].filter(folder => folders(validation).has(folder))).to.deep.equal([]);
    expect(validation.length).to.be.above(0);
  });

  it('groups by nothing more for identical files and near-duplicates', () => {
    expect(createGrouping('exact-duplicates', PATIENTS).groupOf).to.equal(undefined);
    expect(createGrouping('near-duplicates', PATIENTS).groupOf).to.equal(undefined);
  });

  it('reports names that a pattern does not match; each is alone', () => {
    const {groupOf, findings} = createGrouping('(p\\d+)_', [
      ...PATIENTS,
      sample('well/other.png'),
      sample('well/p0.png'),
    ]);
    expect(findings.map(({code, files}) => [code, ...files])).to.deep.equal([
      ['ungrouped', 'well/other.png', 'well/p0.png'],
    ]);
    expect(findings[0]!.message).to.equal(
      '--group-by (p\\d+)_ does not match 2 of 62 names, such as well/other.png; each is a group of its own.',
    );
    expect(groupOf!(sample('well/other.png'))).to.not.equal(groupOf!(sample('well/p0.png')));
  });

  it('reports groups that the splits of a folder share', () => {
    const {groupOf} = createGrouping('(p\\d+)_', PATIENTS);
    const folder: ImageFolder = {
      root: '/data',
      classNames: ['well', 'ill'],
      samples: PATIENTS.slice(0, 30),
      validation: PATIENTS.slice(28),
      findings: [],
      layout: 'splits',
    };
    const [found, ...others] = groupLeakageFindings(folder, groupOf!);
    expect(others).to.deep.equal([]);
    expect(found!.message).to.match(
      /^2 images for validation or test are of a group .*, such as well\/p4_28.png and \S+\/p4_\d+.png: /,
    );
    const trained = PATIENTS.slice(0, 30).filter(({name}) => name.includes('/p4_'));
    expect(found!.groups).to.deep.equal([
      ['well/p4_28.png', 'ill/p4_29.png', ...trained.map(({name}) => name)],
    ]);
    expect(found!.files).to.deep.equal(found!.groups!.flat());
    expect(
      groupLeakageFindings({...folder, validation: PATIENTS.slice(30)}, groupOf!),
    ).to.deep.equal([]);
    const contents = {samples: PATIENTS, contentHash: ({name}: Sample) => name};
    const split = planSplit(folder, contents, {seed: 3, groupBy: '(p\\d+)_'});
    expect(split.findings).to.deep.include(found);
  });

  it('gives a rare class its share of groups that it has with a common one', () => {
    // 40 patients of 10 images each; 4 of them have images of the rare class.
    const samples = Array.from({length: 400}, (_, i) =>
      sample(`x/p${i % 40}_${i}.png`, i % 40 < 4 && i % 3 === 0 ? 1 : 0),
    );
    const folder: ImageFolder = {
      root: '/data',
      classNames: ['a', 'b'],
      samples,
      findings: [],
      layout: 'classes',
    };
    const {groupOf} = createGrouping('(p\\d+)_', samples);
    for (let seed = 0; seed < 50; seed++) {
      const {validation} = planSplit(
        folder,
        {samples, contentHash: ({name}) => name},
        {seed, groupKeys: [groupOf!]},
      );
      expect(
        validation.some(({label}) => label === 1),
        `seed ${seed}`,
      ).to.equal(true);
    }
  });

  for (const [groupBy, message] of [
    ['p\\d+_', /^--group-by p\\d\+_ has no group in parentheses\. Use /],
    ['(p', /^--group-by \(p is no regular expression: .*Invalid regular expression/],
    ['(zebra)', /^--group-by \(zebra\) matches none of the names, such as well\/p0_0\.png\./],
    ['(p)\\d+_', /^--group-by \(p\)\\d\+_ puts all names into one group, and two are the least\./],
    ['folder:0', /^--group-by folder:0 has no group in parentheses/],
  ] as const) {
    it(`refuses ${groupBy}`, () => {
      expect(() => createGrouping(groupBy, PATIENTS)).to.throw(message);
    });
  }

  it('refuses folders that are one', () => {
    expect(() =>
      createGrouping(
        'folder:1',
        PATIENTS.filter(({label}) => label === 0),
      ),
    ).to.throw(/^--group-by folder:1 finds only one folder, and two are the least\./);
  });

  it('ends a pattern that would take for ever', function () {
    this.timeout(30_000);
    const slow = [sample(`well/${'a'.repeat(60)}!.png`)];
    expect(() => createGrouping('((?:a+)+)+b', slow)).to.throw(
      / takes more than 5 s to match the names/,
    );
  });
});
