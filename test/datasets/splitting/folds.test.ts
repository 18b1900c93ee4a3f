import {expect} from 'chai';
import fc from 'fast-check';
import type {ImageFolder, Sample} from '../../../src/datasets/sample.js';
import {TooManyFoldsError} from '../../../src/datasets/splitting/foldable.js';
import {planSplit} from '../../../src/datasets/splitting/split.js';
import type {Split} from '../../../src/datasets/splitting/splits.js';

const CLASSES = ['a', 'b', 'c'];

const folderOf = (samples: readonly Sample[]): ImageFolder => ({
  root: '/x',
  classNames: CLASSES,
  samples,
  findings: [],
  layout: 'classes',
});

/** Images of three classes; a letter is the group that an image is in. */
const anyImages = fc
  .array(fc.record({label: fc.integer({min: 0, max: 2}), group: fc.integer({min: 0, max: 30})}), {
    minLength: 12,
    maxLength: 90,
  })
  .map(images =>
    images.map(({label, group}, i): Sample => ({
      path: `/${i}`,
      name: `${CLASSES[label]}/${group}-${i}`,
      label,
    })),
  )
  .filter(samples =>
    CLASSES.every((_, label) => samples.filter(sample => sample.label === label).length > 3),
  );

const groupOf = ({name, label}: Sample): string => `${label} ${name.split('/')[1]!.split('-')[0]!}`;

describe('the folds of a cross-validation', () => {
  it('validate every image once and every class each, keep groups together, and train on all others; or are refused', () => {
    fc.assert(
      fc.property(anyImages, fc.integer({min: 2, max: 6}), fc.integer(), (samples, of, seed) => {
        const split = (number: number): Split =>
          planSplit(
            folderOf(samples),
            {samples, contentHash: ({name}) => name},
            {seed, fold: {number, of}, groupKeys: [groupOf]},
          );
        const groups = CLASSES.map(
          (_, label) => new Set(samples.filter(sample => sample.label === label).map(groupOf)).size,
        );
        if (Math.min(...groups) < of) {
          expect(() => split(1))
            .to.throw(TooManyFoldsError)
            .with.property('groups', Math.min(...groups));
          return;
        }
        const splits = Array.from({length: of}, (_, i) => split(i + 1));
        for (const {validation} of splits)
          expect(new Set(validation.map(({label}) => label)).size).to.equal(CLASSES.length);
        const validated = splits.flatMap(({validation}) => validation.map(({name}) => name));
        expect(new Set(validated).size).to.equal(validated.length);
        expect(validated.length).to.equal(samples.length);
        for (const {train, validation} of splits) {
          const trained = new Set(train.map(groupOf));
          expect(train.length + validation.length).to.equal(samples.length);
          expect(validation.filter(sample => trained.has(groupOf(sample)))).to.deep.equal([]);
        }
      }),
      {seed: 1},
    );
  });

  it('are of one size where all images stand alone, and each has every class', () => {
    const samples = Array.from({length: 60}, (_, i): Sample => ({
      path: `/${i}`,
      name: `${CLASSES[i % 3]}/${i}`,
      label: i % 3,
    }));
    for (let number = 1; number <= 5; number++) {
      const {validation} = planSplit(
        folderOf(samples),
        {samples, contentHash: ({name}) => name},
        {seed: 1, fold: {number, of: 5}},
      );
      expect(
        [0, 1, 2].map(label => validation.filter(sample => sample.label === label).length),
      ).to.deep.equal([4, 4, 4]);
    }
  });

  it('leave the same images for a test', () => {
    const samples = Array.from({length: 60}, (_, i): Sample => ({
      path: `/${i}`,
      name: `${CLASSES[i % 3]}/${i}`,
      label: i % 3,
    }));
    const testOf = (number: number): readonly Sample[] =>
      planSplit(
        folderOf(samples),
        {samples, contentHash: ({name}) => name},
        {seed: 1, testSplit: 0.2, fold: {number, of: 4}},
      ).test;
    expect(testOf(1)).to.have.length(12).and.to.deep.equal(testOf(3));
  });

  const few = (counts: readonly number[]): Sample[] =>
    counts.flatMap((count, label) =>
      Array.from({length: count}, (_, i) => ({
        path: `/${label}/${i}`,
        name: `${CLASSES[label]}/${i}`,
        label,
      })),
    );

  const refusal = (samples: readonly Sample[], of: number, options: object = {}): (() => Split) => {
    const contents = {samples, contentHash: ({name}: Sample) => name};
    return () =>
      planSplit(folderOf(samples), contents, {seed: 1, fold: {number: 1, of}, ...options});
  };

  it('are refused where a class has fewer images, with what would work', () => {
    expect(refusal(few([5, 3, 9]), 5)).to.throw(
      'Class b in /x has 3 images to be divided; --folds 5 needs 5 in every class. ' +
        'Use --folds 3, add images, or leave the class out with --classes.',
    );
    expect(refusal(few([5, 3, 9]), 3)().validation).to.have.length(6);
    expect(refusal(few([4, 1, 9]), 5)).to.throw(
      'Class b in /x has 1 image to be divided, and 1 more class has too few as well; --folds 5 needs 5 in every class. ' +
        'Add images, or leave the class out with --classes.',
    );
    expect(refusal(few([5, 5, 5]), 5, {testSplit: 0.2})).to.throw(
      /^Class a in \/x has 4 images to be divided, and 2 more classes have too few/,
    );
  });

  it('are refused where a class has fewer groups of images that stay together', () => {
    const groupKeys = [({name}: Sample) => (name < 'a/6' ? 'one group' : name)];
    expect(refusal(few([8, 8, 8]), 3)()).to.have.property('validation');
    expect(refusal(few([8, 8, 8]), 4, {groupKeys})).to.throw(
      'Class a in /x has 8 images in 3 groups that stay together (the same file, near-duplicates, --group-by) to be divided; ' +
        '--folds 4 needs 4 in every class. Use --folds 3, add images, or leave the class out with --classes.',
    );
  });

  it('are not refused where classes share their groups', () => {
    const groupKeys = [({name}: Sample) => name.split('/')[1]!];
    const {validation} = refusal(few([4, 4, 4]), 4, {groupKeys})();
    expect(new Set(validation.map(({label}) => label)).size).to.equal(3);
  });

  it('are refused where the folder has validation images of its own', () => {
    const samples = Array.from({length: 12}, (_, i): Sample => ({
      path: `/${i}`,
      name: `${CLASSES[i % 3]}/${i}`,
      label: i % 3,
    }));
    const folder = {...folderOf(samples), validation: samples.slice(0, 3)};
    expect(() =>
      planSplit(
        folder,
        {samples, contentHash: ({name}) => name},
        {seed: 1, fold: {number: 1, of: 2}},
      ),
    ).to.throw(
      /^\/x has validation images of its own, next to those for training, and --folds divides the images itself\. Put all/,
    );
  });
});
