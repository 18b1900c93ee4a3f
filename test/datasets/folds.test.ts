import {expect} from 'chai';
import fc from 'fast-check';
import type {ImageFolder, Sample} from '../../src/datasets/image-folder.js';
import {splitFolder, type Split} from '../../src/datasets/split.js';

const CLASSES = ['a', 'b', 'c'];

const folderOf = (samples: readonly Sample[]): ImageFolder => ({root: '/x', classNames: CLASSES, samples, findings: [], layout: 'classes'});

/** Images of three classes; a letter is the group that an image is in. */
const anyImages = fc
  .array(fc.record({label: fc.integer({min: 0, max: 2}), group: fc.integer({min: 0, max: 30})}), {minLength: 12, maxLength: 90})
  .map(images => images.map(({label, group}, i): Sample => ({path: `/${i}`, name: `${CLASSES[label]}/${group}-${i}`, label})))
  .filter(samples => CLASSES.every((_, label) => samples.filter(sample => sample.label === label).length > 3));

const groupOf = ({name, label}: Sample): string => `${label} ${name.split('/')[1]!.split('-')[0]!}`;

describe('the folds of a cross-validation', () => {
  it('validate every image once, keep groups together, and train on all others', () => {
    fc.assert(
      fc.property(anyImages, fc.integer({min: 2, max: 6}), fc.integer(), (samples, of, seed) => {
        const splits: Split[] = [];
        for (let number = 1; number <= of; number++) {
          const options = {seed, fold: {number, of}, together: [groupOf]};
          // A small set may leave a fold without images to validate on, which is refused.
          try {
            splits.push(splitFolder(folderOf(samples), {samples, contentHash: ({name}) => name}, options));
          } catch (error) {
            expect((error as Error).message).to.match(/^Expected at least one image of/);
            return;
          }
        }
        const validated = splits.flatMap(({validation}) => validation.map(({name}) => name));
        expect(new Set(validated).size).to.equal(validated.length);
        // But for classes that are one group, which are always trained on.
        const lone = CLASSES.flatMap((_, label) => {
          const ofClass = samples.filter(sample => sample.label === label);
          return new Set(ofClass.map(groupOf)).size === 1 ? ofClass : [];
        });
        expect(validated.length + lone.length).to.equal(samples.length);
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
    const samples = Array.from({length: 60}, (_, i): Sample => ({path: `/${i}`, name: `${CLASSES[i % 3]}/${i}`, label: i % 3}));
    for (let number = 1; number <= 5; number++) {
      const {validation} = splitFolder(folderOf(samples), {samples, contentHash: ({name}) => name}, {seed: 1, fold: {number, of: 5}});
      expect([0, 1, 2].map(label => validation.filter(sample => sample.label === label).length)).to.deep.equal([4, 4, 4]);
    }
  });

  it('leave the same images for a test', () => {
    const samples = Array.from({length: 60}, (_, i): Sample => ({path: `/${i}`, name: `${CLASSES[i % 3]}/${i}`, label: i % 3}));
    const testOf = (number: number): readonly Sample[] =>
      splitFolder(folderOf(samples), {samples, contentHash: ({name}) => name}, {seed: 1, testSplit: 0.2, fold: {number, of: 4}}).test;
    expect(testOf(1)).to.have.length(12).and.to.deep.equal(testOf(3));
  });

  it('are refused where the folder has validation images of its own', () => {
    const samples = Array.from({length: 12}, (_, i): Sample => ({path: `/${i}`, name: `${CLASSES[i % 3]}/${i}`, label: i % 3}));
    const folder = {...folderOf(samples), validation: samples.slice(0, 3)};
    expect(() => splitFolder(folder, {samples, contentHash: ({name}) => name}, {seed: 1, fold: {number: 1, of: 2}})).to.throw(
      /^Expected images without validation images of their own for --folds, but found some beside those for training in \/x\./,
    );
  });
});
