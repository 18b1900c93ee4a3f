import {expect} from 'chai';
import fc from 'fast-check';
import {everySample} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder, Sample} from '../../../src/datasets/sample.js';
import {
  NoTrainingImagesError,
  NoValidationImagesError,
  planSplit,
} from '../../../src/datasets/splitting/split.js';
import type {ReadableImages, Split} from '../../../src/datasets/splitting/splits.js';

/** Images as `class/content`; the same content is the same file. */
const sampleOf = (label: number, content: number, prefix = ''): Sample => ({
  path: `/${prefix}${label}`,
  name: `${prefix}${label}/${content}`,
  label,
});

/** Tells the content of a sample by what its name ends with, copies apart: `0/7`, `val/0/7`, `0/7 copy`. */
const contentHash = ({name}: Sample): string => name.split('/').at(-1)!.split(' ')[0]!;

const contentsOf = (folder: ImageFolder, broken: readonly string[] = []): ReadableImages => ({
  samples: everySample(folder).filter(({name}) => !broken.includes(name)),
  contentHash,
});

const folderOf = (
  samples: readonly Sample[],
  splits: {validation?: readonly Sample[]; test?: readonly Sample[]} = {},
): ImageFolder => ({
  root: '/pets',
  classNames: Array.from(
    {length: Math.max(...samples.map(({label}) => label)) + 1},
    (_, i) => `class ${i}`,
  ),
  samples,
  ...splits,
  findings: [],
  layout: splits.validation === undefined ? 'classes' : 'splits',
});

/** `count` different images of each class. */
const balanced = (classes: number, count: number): ImageFolder =>
  folderOf(Array.from({length: classes * count}, (_, i) => sampleOf(i % classes, i)));

const namesOf = (samples: readonly Sample[]): string[] => samples.map(({name}) => name);
const splitsOf = ({train, validation, test}: Split): (readonly Sample[])[] => [
  train,
  validation,
  test,
];

/** Folders as they come: any number of images a class, some of them several times, in one class or in two. */
const anyFolder = fc
  .array(fc.record({label: fc.integer({min: 0, max: 3}), content: fc.integer({min: 0, max: 60})}), {
    minLength: 8,
    maxLength: 120,
  })
  .map(images => {
    const duplicates = new Map<string, number>();
    const samples = images.map(({label, content}) => {
      const {path, name} = sampleOf(label, content);
      duplicates.set(name, (duplicates.get(name) ?? 0) + 1);
      return {
        path,
        name: duplicates.get(name) === 1 ? name : `${name} copy ${duplicates.get(name)}`,
        label,
      };
    });
    return folderOf([
      ...Array.from({length: 4}, (_, label) => [
        sampleOf(label, 100 + label),
        sampleOf(label, 200 + label),
      ]).flat(),
      ...samples,
    ]);
  });

const shares = fc.record({
  valSplit: fc.double({min: 0.01, max: 0.9, noNaN: true}),
  testSplit: fc.double({min: 0, max: 0.5, noNaN: true}),
  seed: fc.integer(),
});

describe('planSplit', () => {
  it('puts every image into one split, none into two', () => {
    fc.assert(
      fc.property(anyFolder, shares, (folder, options) => {
        const split = planSplit(folder, contentsOf(folder), options);
        expect(splitsOf(split).flatMap(namesOf).sort()).to.deep.equal(
          namesOf(folder.samples).sort(),
        );
        expect(split.skipped.size).to.equal(0);
      }),
    );
  });

  it('never puts the same file into two splits', () => {
    fc.assert(
      fc.property(anyFolder, shares, (folder, options) => {
        const splits = splitsOf(planSplit(folder, contentsOf(folder), options)).map(
          subset => new Set(subset.map(contentHash)),
        );
        const distinct = new Set(folder.samples.map(contentHash)).size;
        expect(splits.reduce((total, subset) => total + subset.size, 0)).to.equal(distinct);
      }),
    );
  });

  it('gives every class with two images of its own one to train on and one to validate on', () => {
    fc.assert(
      fc.property(anyFolder, shares, (folder, options) => {
        const {train, validation} = planSplit(folder, contentsOf(folder), options);
        folder.classNames.forEach((_, label) => {
          expect(train.some(sample => sample.label === label)).to.equal(true);
          expect(validation.some(sample => sample.label === label)).to.equal(true);
        });
      }),
    );
  });

  it('gives the same for the same seed, whatever the order of the samples', () => {
    fc.assert(
      fc.property(anyFolder, shares, (folder, options) => {
        const one = planSplit(folder, contentsOf(folder), options);
        const sorted = {
          ...folder,
          samples: folder.samples.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        };
        expect(planSplit(folder, contentsOf(folder), options)).to.deep.equal(one);
        expect(planSplit(sorted, contentsOf(sorted), options)).to.deep.equal(one);
      }),
      {numRuns: 30},
    );
  });

  it('takes the requested share of each class', () => {
    const split = planSplit(balanced(3, 50), contentsOf(balanced(3, 50)), {
      valSplit: 0.2,
      testSplit: 0.1,
      seed: 1,
    });
    for (const [subset, count] of [
      [split.train, 35],
      [split.validation, 10],
      [split.test, 5],
    ] as const) {
      [0, 1, 2].forEach(label =>
        expect(subset.filter(sample => sample.label === label)).to.have.length(count),
      );
    }
  });

  it('validates on a fifth and tests on nothing by default', () => {
    const folder = balanced(2, 10);
    const split = planSplit(folder, contentsOf(folder), {seed: 1});
    expect([split.train.length, split.validation.length, split.test.length]).to.deep.equal([
      16, 4, 0,
    ]);
    expect(split.findings).to.deep.equal([]);
  });

  it('draws others for another seed, and a class by itself', () => {
    const folder = balanced(2, 30);
    const draw = (of: ImageFolder, seed: number): string[] =>
      namesOf(planSplit(of, contentsOf(of), {seed}).validation).filter(name =>
        name.startsWith('0/'),
      );
    expect(draw(folder, 2)).not.to.deep.equal(draw(folder, 1));
    const fewer = {
      ...folder,
      samples: folder.samples.filter(({label}, i) => label === 0 || i < 20),
    };
    expect(draw(fewer, 1)).to.deep.equal(draw(folder, 1));
  });

  it('leaves nearly all images where they were when others come', () => {
    const folder = balanced(2, 100);
    const more = {
      ...folder,
      samples: [...folder.samples, ...Array.from({length: 10}, (_, i) => sampleOf(0, 1000 + i))],
    };
    const before = new Set(namesOf(planSplit(folder, contentsOf(folder), {seed: 1}).validation));
    const after = planSplit(more, contentsOf(more), {seed: 1}).validation;
    expect(namesOf(after).filter(name => before.has(name)).length).to.be.above(36);
  });

  it('divides a class of any size', () => {
    const many = Array.from({length: 200_000}, (_, i): Sample => ({
      path: `/${i}`,
      name: `a/${i}`,
      label: 0,
    }));
    const folder: ImageFolder = {
      root: '/',
      classNames: ['a'],
      samples: many,
      findings: [],
      layout: 'classes',
    };
    const {train, validation} = planSplit(
      folder,
      {samples: many, contentHash: ({name}) => name},
      {seed: 1},
    );
    expect([train.length, validation.length]).to.deep.equal([160_000, 40_000]);
  });

  it('knows the hash of every image in a split', () => {
    const folder = balanced(2, 5);
    expect(planSplit(folder, contentsOf(folder), {seed: 1}).hashes).to.deep.equal(
      new Map(folder.samples.map(sample => [sample.name, contentHash(sample)])),
    );
  });

  describe('with splits of the folder', () => {
    it('keeps them and draws no other', () => {
      const folder = folderOf(balanced(2, 10).samples, {
        validation: [sampleOf(0, 90, 'val/'), sampleOf(1, 91, 'val/')],
      });
      const split = planSplit(folder, contentsOf(folder), {valSplit: 0.5, seed: 1});
      expect(split.train).to.have.length(20);
      expect(split.validation).to.deep.equal(folder.validation);
    });

    it('draws validation where only a test split exists', () => {
      const folder = folderOf(balanced(2, 10).samples, {test: [sampleOf(0, 90, 'test/')]});
      const split = planSplit(folder, contentsOf(folder), {testSplit: 0.5, seed: 1});
      expect([split.train.length, split.validation.length, split.test.length]).to.deep.equal([
        16, 4, 1,
      ]);
    });

    it('skips the exact duplicate that is nearest to training', () => {
      const folder = folderOf(balanced(2, 10).samples, {
        validation: [sampleOf(0, 4, 'val/'), sampleOf(1, 91, 'val/'), sampleOf(1, 92, 'val/')],
        test: [sampleOf(1, 91, 'test/'), sampleOf(0, 7, 'test/')],
      });
      const split = planSplit(folder, contentsOf(folder), {seed: 1});
      expect(namesOf(split.train)).to.deep.equal(
        namesOf(folder.samples)
          .filter(name => name !== '0/4' && name !== '1/7')
          .sort(),
      );
      expect(namesOf(split.validation)).to.deep.equal(['val/0/4', 'val/1/92']);
      expect(namesOf(split.test)).to.deep.equal(['test/1/91', 'test/0/7']);
      expect([...split.skipped]).to.deep.equal([
        ['val/1/91', 'it is the same file as test/1/91'],
        ['0/4', 'it is the same file as val/0/4'],
        ['1/7', 'it is the same file as test/0/7'],
      ]);
      expect(split.findings).to.deep.equal([
        {
          code: 'exact-duplicates-across-splits',
          severity: 'warning',
          message:
            'Skipped 3 files, such as val/1/91: the same file is in validation or test too, as test/1/91.',
          files: ['val/1/91', 'test/1/91', '0/4', 'val/0/4', '1/7', 'test/0/7'],
          groups: [
            ['val/1/91', 'test/1/91'],
            ['0/4', 'val/0/4'],
            ['1/7', 'test/0/7'],
          ],
          exclude: ['val/1/91', '0/4', '1/7'],
        },
      ]);
    });

    it('never has the same file in two splits', () => {
      fc.assert(
        fc.property(
          anyFolder,
          fc.array(fc.integer({min: 0, max: 60}), {minLength: 1}),
          fc.integer(),
          (plain, contents, seed) => {
            const validation = [...new Set(contents)].map(content =>
              sampleOf(content % 4, content, 'val/'),
            );
            const folder = folderOf(plain.samples, {validation});
            const split = planSplit(folder, contentsOf(folder), {seed, testSplit: 0.2});
            const splits = splitsOf(split).map(subset => new Set(subset.map(contentHash)));
            expect(splits.reduce((total, subset) => total + subset.size, 0)).to.equal(
              new Set(everySample(folder).map(contentHash)).size,
            );
            expect(
              [...splitsOf(split).flatMap(namesOf), ...split.skipped.keys()].sort(),
            ).to.deep.equal(namesOf(everySample(folder)).sort());
          },
        ),
      );
    });
  });

  it('skips unreadable images and reports them', () => {
    const folder = balanced(2, 10);
    const split = planSplit(folder, contentsOf(folder, ['0/4']), {seed: 1});
    expect([...split.skipped]).to.deep.equal([['0/4', 'it cannot be read']]);
    expect(splitsOf(split).flatMap(namesOf)).to.have.length(19).and.not.to.include('0/4');
  });

  it('reports a file that two classes have', () => {
    const folder = folderOf([...balanced(2, 10).samples, sampleOf(1, 0)]);
    expect(planSplit(folder, contentsOf(folder), {seed: 1}).findings).to.deep.equal([
      {
        code: 'conflicting-labels',
        severity: 'warning',
        message:
          'The same file is in classes class 0 and class 1: 0/0, 1/0. Keep the right one; an exclude list drops all.',
        files: ['0/0', '1/0'],
        groups: [['0/0', '1/0']],
        exclude: ['0/0', '1/0'],
      },
    ]);
  });

  it('reports a class that validation will say nothing about', () => {
    const folder = folderOf([
      ...balanced(2, 10).samples,
      sampleOf(2, 50),
      sampleOf(2, 50, 'copy/'),
    ]);
    const {train, findings} = planSplit(folder, contentsOf(folder), {seed: 1});
    expect(train.filter(({label}) => label === 2)).to.have.length(2);
    expect(findings.map(({message}) => message)).to.deep.equal([
      'Class class 2 has no image for validation; its accuracy will not be known. Add images.',
    ]);
  });

  describe('refuses', () => {
    const refusal = (folder: ImageFolder, options = {}): Error => {
      try {
        planSplit(folder, contentsOf(folder), {seed: 1, ...options});
      } catch (error) {
        return error as Error;
      }
      throw new Error('Expected a refusal, but found none.');
    };
    const NONE_TO_SPARE =
      '/pets has no image to spare for validation. ' +
      'Add images (2 different ones in a class are the least), set --val-split above 0, or give --val-data.';

    it('a folder with one image a class', () => {
      const error = refusal(balanced(3, 1));
      expect(error).to.be.instanceOf(NoValidationImagesError);
      expect(error.message).to.equal(NONE_TO_SPARE);
    });

    it('to go without validation', () => {
      expect(refusal(balanced(2, 10), {valSplit: 0}).message).to.equal(NONE_TO_SPARE);
    });

    it('a validation split that repeats the training split', () => {
      const {samples} = balanced(2, 5);
      const error = refusal(
        folderOf(samples, {
          validation: samples.map(sample => ({...sample, name: `val/${sample.name}`})),
        }),
      );
      expect(error).to.be.instanceOf(NoTrainingImagesError);
      expect(error.message).to.equal(
        'Class class 0 in /pets has no image for training: its files cannot be read, or are also for validation or test. Add others to train on.',
      );
    });
  });
});
