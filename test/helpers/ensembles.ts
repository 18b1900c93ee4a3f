import {join} from 'node:path';
import {withFit, withImageSize, type Preprocessing} from '../../src/core/preprocessing.js';
import {exportModel} from '../../src/export/export-model.js';
import {randomClassifier, type ClassifierOptions} from './random-classifier.js';
import {temporaryDirectory} from './temporary.js';

export const CLASS_NAMES = ['dotted', 'plain', 'striped'];

/** Exports a small classifier with random weights. @returns its directory */
export async function exportedMember(
  name: string,
  options: ClassifierOptions = {},
  change: (preprocessing: Preprocessing) => Preprocessing = preprocessing => preprocessing,
): Promise<string> {
  const made = randomClassifier({
    size: 32,
    classNames: CLASS_NAMES,
    ...options,
    spec: {lastStage: 1, ...options.spec},
  });
  const classifier = {...made, preprocessing: change(made.preprocessing)};
  const directory = join(temporaryDirectory(), name);
  await exportModel(classifier, directory);
  classifier.dispose();
  return directory;
}

/** Three models that differ in architecture, image size, fit and the order of their classes. */
export const differentMembers = (): Promise<string[]> =>
  Promise.all([
    exportedMember('first'),
    exportedMember('second', {
      spec: {arch: 'resnet34', strideIn1x1: false},
      classNames: CLASS_NAMES.toReversed(),
      seed: 2,
    }, preprocessing => withFit(withImageSize(preprocessing, 40), 'pad')), // prettier-ignore
    exportedMember('third', {size: 48, seed: 3}, preprocessing => withFit(preprocessing, 'squash')),
  ]);
