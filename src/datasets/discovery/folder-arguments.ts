import {
  CALLBACK,
  checkArgument,
  checkOptions,
  BOOLEAN,
  PATH,
  ABORT_SIGNAL,
  STRING,
  STRINGS,
  integerFrom,
  type ArgumentKind,
  type OptionKinds,
} from '../../core/arguments.js';
import type {ImageFolder, ImageFolderOptions, Sample} from '../sample.js';

const OPTIONS: OptionKinds<ImageFolderOptions> = {
  ...{
    valData: PATH,
    testData: PATH,
    exclude: STRINGS,
    classes: STRINGS,
    collectErrors: BOOLEAN,
    maxPerClass: integerFrom(1),
    seed: integerFrom(0),
  },
  ...{
    followLinks: BOOLEAN,
    pathColumn: STRING,
    labelColumn: STRING,
    signal: ABORT_SIGNAL,
    onProgress: CALLBACK,
    onBytes: CALLBACK,
  },
};

/** @throws ArgumentError */
export function checkFolderArguments(root: unknown, options: unknown): void {
  checkArgument('loadImageFolder()', 'root', root, {...PATH, expected: 'the path of a folder'});
  checkOptions('loadImageFolder()', options, OPTIONS);
}

/** Whether a value is a list of samples with labels below `classes`. */
const isSampleList = (samplesOfSplit: unknown, classes: number): boolean =>
  Array.isArray(samplesOfSplit) &&
  samplesOfSplit.every(sample => {
    const {path, name, label} = Object(sample) as Partial<Sample>;
    return (
      typeof path === 'string' &&
      typeof name === 'string' &&
      Number.isInteger(label) &&
      label! >= 0 &&
      label! < classes
    );
  });

const IMAGE_FOLDER: ArgumentKind = {
  expected: 'what loadImageFolder() returned',
  accepts: value => {
    const {
      root,
      classNames,
      samples,
      validation = [],
      test = [],
      findings,
    } = Object(value) as Partial<ImageFolder>;
    if (typeof root !== 'string' || !STRINGS.accepts(classNames) || !Array.isArray(findings))
      return false;
    return [samples, validation, test].every(samplesOfSplit =>
      isSampleList(samplesOfSplit, classNames!.length),
    );
  },
};

/** @throws ArgumentError */
export const checkFolder = (call: string, folder: unknown): void =>
  checkArgument(call, 'folder', folder, IMAGE_FOLDER);

const SPLITS: ArgumentKind = {
  expected: IMAGE_FOLDER.expected,
  accepts: value => {
    const {samples, validation = [], test = []} = Object(value) as Partial<ImageFolder>;
    return [samples, validation, test].every(Array.isArray);
  },
};

/** A cheaper check for functions that are called often: it checks that there are lists of images, not each image. @throws ArgumentError */
export const checkSplits = (call: string, folder: unknown): void =>
  checkArgument(call, 'folder', folder, SPLITS);
