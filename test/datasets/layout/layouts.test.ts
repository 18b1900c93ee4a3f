import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import fc from 'fast-check';
import {parseClassName} from '../../../src/datasets/discovery/class-folders.js';
import {findLayout} from '../../../src/datasets/layout/folder-layout.js';
import {buildFolderTree} from '../../../src/datasets/layout/folder-tree.js';
import {LayoutError} from '../../../src/datasets/layout/layout-error.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder, ImageFolderOptions} from '../../../src/datasets/sample.js';
import {parseSplit, parseSplitName} from '../../../src/datasets/layout/split-names.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, writeImages, writeTree} from '../../helpers/images.js';

/** `['train', 'val'] x ['cats', 'dogs']`: an image of each class in each folder. */
const each = (
  folders: readonly string[],
  classes: readonly string[] = ['cats', 'dogs'],
): string[] => folders.flatMap(folder => classes.map(name => `${folder}/${name}/1.png`));

interface Layout {
  readonly what: string;
  readonly images: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly folders?: readonly string[];
  readonly options?: ImageFolderOptions;
}

interface Read extends Layout {
  /** Folders of the class folders of each part, `''` for the root. */
  readonly splits: Readonly<Partial<Record<'train' | 'validation' | 'test', string>>>;
  readonly classes?: readonly string[];
  /** Codes of findings, small classes apart. */
  readonly findings?: readonly string[];
}

interface Refused extends Layout {
  readonly code: string;
  /** What must be in the sentence; DIR is the root. */
  readonly says: readonly string[];
}

const READ: readonly Read[] = [
  {what: 'a folder per class', images: each(['.']), splits: {train: ''}},
  {
    what: 'train, val and test',
    images: each(['train', 'val', 'test']),
    splits: {train: 'train/', validation: 'val/', test: 'test/'},
  },
  {
    what: 'training_set and test_set',
    images: each(['training_set', 'test_set']),
    splits: {train: 'training_set/', test: 'test_set/'},
    findings: ['layout'],
  },
  {
    what: 'training_set/training_set and test_set/test_set',
    images: each(['training_set/training_set', 'test_set/test_set']),
    splits: {train: 'training_set/training_set/', test: 'test_set/test_set/'},
    findings: ['layout'],
  },
  {
    what: 'seg_train/seg_train, seg_test/seg_test and images of seg_pred/seg_pred',
    images: [
      ...each(['seg_train/seg_train', 'seg_test/seg_test']),
      'seg_pred/seg_pred/1.png',
      'seg_pred/seg_pred/2.png',
    ],
    splits: {train: 'seg_train/seg_train/', test: 'seg_test/seg_test/'},
    findings: ['layout', 'unused-folder'],
  },
  {
    what: 'train_images, dev_images and holdout',
    images: each(['train_images', 'dev_images', 'holdout']),
    splits: {train: 'train_images/', validation: 'dev_images/', test: 'holdout/'},
    findings: ['layout'],
  },
  {
    what: 'ImageNet names with a year',
    images: each(['ILSVRC2012_img_train', 'ILSVRC2012_img_val']),
    splits: {train: 'ILSVRC2012_img_train/', validation: 'ILSVRC2012_img_val/'},
    findings: ['layout'],
  },
  {
    what: 'numbered, capital and camel-case names',
    images: each(['01 TrainSet', '02-ValidationImages']),
    splits: {train: '01 TrainSet/', validation: '02-ValidationImages/'},
    findings: ['layout'],
  },
  {
    what: 'one folder around everything',
    images: each(['pets']),
    splits: {train: 'pets/'},
    findings: ['layout'],
  },
  {
    what: 'three folders around a split',
    images: each(['archive/data/pets/train', 'archive/data/pets/valid']),
    splits: {train: 'archive/data/pets/train/', validation: 'archive/data/pets/valid/'},
    findings: ['layout'],
  },
  {
    what: 'images in images/, masks beside',
    images: each(['images', 'masks']),
    splits: {train: 'images/'},
    findings: ['layout', 'unused-folder'],
  },
  {
    what: 'everything twice, as in cell_images/cell_images',
    images: [...each(['cell_images']), ...each(['cell_images/cell_images'])],
    splits: {train: 'cell_images/'},
    findings: ['layout', 'unused-folder'],
  },
  {
    what: 'a split with a copy of itself in it',
    images: each(['chest/train', 'chest/test', 'chest/chest/train', 'chest/chest/test']),
    splits: {train: 'chest/train/', test: 'chest/test/'},
    findings: ['layout', 'unused-folder'],
  },
  {
    what: 'leftovers of systems and file servers',
    images: [
      ...each(['.']),
      '@eaDir/x/1.png',
      'cats/@eaDir/1.png',
      '#recycle/a/1.png',
      '$RECYCLE.BIN/b/1.png',
      '.AppleDouble/c/1.png',
    ],
    folders: [
      'lost+found',
      'System Volume Information',
      '@Recycle',
      '.Trashes',
      '.ipynb_checkpoints',
      '__MACOSX',
      '.git',
      '.Trash-1000',
      '@tmp',
    ],
    files: {'Thumbs.db': 'x', 'cats/.DS_Store': 'x', 'dogs/desktop.ini': 'x'},
    splits: {train: ''},
  },
  {
    what: 'a class folder around the images of each class',
    images: ['cats/images/1.png', 'dogs/images/2.png'],
    splits: {train: ''},
  },
  {
    what: 'unlike sub-folders in all classes',
    images: ['cats/siamese/1.png', 'cats/persian/1.png', 'dogs/pug/1.png', 'dogs/husky/1.png'],
    splits: {train: ''},
    findings: ['layout'],
  },
  {
    what: 'a train among vehicles, if it is told to be a class',
    images: ['train/1.png', 'car/2.png', 'plane/3.png'],
    options: {classes: ['car', 'plane', 'train']},
    splits: {train: ''},
    classes: ['car', 'plane', 'train'],
  },
  {
    what: 'classes whose names have such words in them',
    images: ['train station/1.png', 'test tube/2.png', 'cup/3.png'],
    splits: {train: ''},
    classes: ['cup', 'test tube', 'train station'],
  },
  {
    what: 'classes that are asked for, although their sub-folders have the same names',
    images: each(['first', 'second']),
    options: {classes: ['first', 'second']},
    splits: {train: ''},
    classes: ['first', 'second'],
  },
  {
    what: 'flowers with a copy of all classes among them',
    images: [
      ...each(['flowers'], ['daisy', 'rose', 'tulip']),
      ...each(['flowers/flowers'], ['daisy', 'rose', 'tulip']),
    ],
    splits: {train: 'flowers/'},
    classes: ['daisy', 'rose', 'tulip'],
    findings: ['layout', 'unused-folder'],
  },
  {
    what: 'Tiny ImageNet: images/ in each class, validation without classes',
    images: [
      'train/cats/images/1.png',
      'train/dogs/images/2.png',
      'val/images/3.png',
      'test/images/4.png',
    ],
    files: {'val/val_annotations.txt': 'x'},
    splits: {train: 'train/'},
    findings: ['unused-folder', 'unused-folder'],
  },
  {
    what: 'traffic signs: Final_Training/Images with classes, Final_Test/Images without',
    images: [
      ...each(['GTSRB/Final_Training/Images']),
      'GTSRB/Final_Test/Images/1.png',
      'GTSRB/Final_Test/Images/2.png',
    ],
    splits: {train: 'GTSRB/Final_Training/Images/'},
    findings: ['layout', 'unused-folder'],
  },
  {
    what: 'train, test and an album of single predictions',
    images: [
      ...each(['dataset/training_set', 'dataset/test_set']),
      'dataset/single_prediction/1.png',
    ],
    splits: {train: 'dataset/training_set/', test: 'dataset/test_set/'},
    findings: ['layout', 'unused-folder'],
  },
  {
    what: 'unlabeled images among the classes of training',
    images: [...each(['train', 'test']), 'train/unsup/1.png'],
    splits: {train: 'train/', test: 'test/'},
    findings: ['unused-folder'],
  },
  {
    what: 'only folders of training and images to predict',
    images: [...each(['train']), 'test/1.png', 'test/2.png'],
    splits: {train: 'train/'},
    findings: ['unused-folder'],
  },
  {
    what: 'a validation part with one class only, deep in it',
    images: [...each(['train']), 'val/cats/old/1.png', 'val/cats/new/2.png'],
    splits: {train: 'train/', validation: 'val/'},
    findings: ['missing-class'],
  },
];

const REFUSED: readonly Refused[] = [
  {
    what: 'several folders for training',
    images: each(['train_a', 'test_a', 'train_b', 'test_b']),
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR/train_a (', '--data DIR/train_b ('],
  },
  {
    what: 'two folders for validation',
    images: each(['train', 'val', 'valid']),
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR/train --val-data DIR/val (', '--data DIR/train --val-data DIR/valid ('],
  },
  {
    what: 'val and test without training',
    images: each(['val', 'test/test']),
    code: 'AMBIGUOUS_LAYOUT',
    says: ['no folder for training', '--data DIR/val (', '--data DIR/test/test ('],
  },
  {
    what: 'test alone',
    images: each(['test']),
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR/test ('],
  },
  {
    what: 'color and grayscale with the same classes',
    images: each(['color', 'grayscale']),
    code: 'AMBIGUOUS_LAYOUT',
    says: [
      '--data DIR/color (',
      '--data DIR/grayscale (',
      '--data DIR --classes color,grayscale (',
    ],
  },
  {
    what: 'domains with images/ in each',
    images: each(['amazon/images', 'webcam/images']),
    code: 'AMBIGUOUS_LAYOUT',
    says: [
      '--data DIR/amazon (the classes are cats, dogs)',
      '--data DIR/webcam (',
      '--data DIR --classes amazon,webcam (',
    ],
  },
  {
    what: 'names of splits that do not belong together',
    images: ['new-train/1.png', 'old_test/2.png'],
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR --classes new-train,old_test ('],
  },
  {
    what: 'Train and train',
    images: each(['Train', 'train', 'test']),
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR/Train (', '--data DIR/train ('],
  },
  {
    what: 'cars_train/cars_train full of images',
    images: ['cars_train/cars_train/1.png', 'cars_test/cars_test/2.png'],
    code: 'IMAGES_UNLABELED',
    says: ['cars_train'],
  },
  {
    what: 'trainA, trainB, testA and testB',
    images: ['trainA/1.png', 'trainB/2.png', 'testA/3.png', 'testB/4.png'],
    code: 'IMAGES_UNLABELED',
    says: ['trainA'],
  },
  {
    what: 'a split within each class',
    images: each(['cats', 'dogs'], ['train', 'test']),
    code: 'AMBIGUOUS_LAYOUT',
    says: ['cats, dogs hold folders for training', '--data DIR --classes cats,dogs (', 'mixed'],
  },
  {
    what: 'a split within one dataset of several',
    images: [...each(['pets/train', 'pets/val']), 'docs/1.png'],
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR/pets ('],
  },
  {
    what: 'test with class folders among the classes',
    images: [...each(['.']), ...each(['test'])],
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR --classes cats,dogs --test-data DIR/test ('],
  },
  {
    what: 'test among classes',
    images: ['cats/1.png', 'dogs/2.png', 'test/3.png'],
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR --classes cats,dogs (', '--data DIR --classes cats,dogs,test ('],
  },
  {
    what: 'parts in another language, one of them in English, too',
    images: each(['entrainement', 'essai', 'validation']),
    code: 'AMBIGUOUS_LAYOUT',
    says: [
      'hold the same folders',
      'training takes one as --data',
      '--data DIR/entrainement (the classes are cats, dogs)',
    ],
  },
  {
    what: 'a train among vehicles',
    images: ['train/steam/1.png', 'car/2.png', 'plane/3.png'],
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR --classes car,plane,train (', '--data DIR --classes car,plane ('],
  },
  {
    what: 'train with class folders beside others',
    images: [...each(['train']), 'car/1.png', 'plane/2.png'],
    code: 'AMBIGUOUS_LAYOUT',
    says: ['--data DIR/train (', '--data DIR --classes car,plane,train ('],
  },
  {
    what: 'train and test full of images',
    images: ['train/1.png', 'test/2.png'],
    code: 'IMAGES_UNLABELED',
    says: ['train and test hold images'],
  },
  {
    what: 'train and test full of images, with a list',
    images: ['train/1.png', 'test/2.png'],
    files: {'labels.csv': 'id,label\n'},
    code: 'IMAGES_UNLABELED',
    says: ['--data DIR/labels.csv'],
  },
  {
    what: 'train and pred full of images',
    images: ['train/1.png', 'pred/2.png'],
    code: 'IMAGES_UNLABELED',
    says: ['train and pred'],
  },
  {
    what: 'seg_train and seg_test full of images',
    images: ['seg_train/1.png', 'seg_test/2.png'],
    code: 'IMAGES_UNLABELED',
    says: ['seg_train'],
  },
  {
    what: 'parts and classes in one name',
    images: ['train_cats/1.png', 'train_dogs/2.png', 'test_cats/3.png', 'test_dogs/4.png'],
    code: 'IMAGES_UNLABELED',
    says: ['train_cats and train_dogs'],
  },
  {
    what: 'tables of classes of Roboflow',
    images: ['train/1.png', 'valid/2.png', 'test/3.png'],
    files: {'train/_classes.csv': 'x', 'valid/_classes.csv': 'x', 'test/_classes.csv': 'x'},
    code: 'IMAGES_UNLABELED',
    says: [
      '--data DIR/train/_classes.csv --val-data DIR/valid/_classes.csv --test-data DIR/test/_classes.csv',
    ],
  },
  {
    what: 'boxes of Roboflow',
    images: ['train/1.png', 'valid/2.png'],
    files: {'train/_annotations.csv': 'x', 'valid/_annotations.csv': 'x'},
    code: 'IMAGES_UNLABELED',
    says: ['boxes for object detection', 'with a folder for each class'],
  },
  {
    what: 'boxes of YOLO',
    images: ['images/train/1.png', 'images/val/2.png'],
    files: {
      'labels/train/1.txt': '0 1 1 1 1',
      'labels/val/2.txt': '0 1 1 1 1',
      'data.yaml': 'nc: 2',
    },
    code: 'IMAGES_UNLABELED',
    says: ['(YOLO)'],
  },
  {
    what: 'boxes of YOLO, the other way round',
    images: ['train/images/1.png', 'valid/images/2.png'],
    files: {'train/labels/1.txt': '0 1 1 1 1', 'valid/labels/2.txt': '0 1 1 1 1'},
    code: 'IMAGES_UNLABELED',
    says: ['(YOLO)'],
  },
  {
    what: 'boxes of COCO',
    images: ['train2017/1.png', 'val2017/2.png'],
    files: {
      'annotations/instances_train2017.json': '{}',
      'annotations/instances_val2017.json': '{}',
    },
    code: 'IMAGES_UNLABELED',
    says: ['(COCO)'],
  },
  {
    what: 'images and masks of a segmentation',
    images: ['images/1.png', 'masks/1.png'],
    code: 'IMAGES_UNLABELED',
    says: ['images, masks say what kind of files they hold'],
  },
];

const codesOf = ({findings}: ImageFolder): string[] => findings.map(({code}) => code);

async function write({images, files = {}, folders = []}: Layout): Promise<string> {
  const root = temporaryDirectory();
  await writeImages(root, images);
  writeTree(root, files);
  for (const folder of folders) mkdirSync(join(root, folder), {recursive: true});
  return root;
}

describe('layouts', () => {
  for (const layout of READ) {
    it(`reads ${layout.what}`, async () => {
      const {splits, classes = ['cats', 'dogs'], findings = [], options = {}} = layout;
      const folder = await loadImageFolder(await write(layout), options);
      expect(folder.classNames).to.deep.equal(classes);
      const [train, validation, test] = [folder.samples, folder.validation, folder.test];
      for (const [split, samples] of Object.entries({train, validation, test})) {
        const prefix = splits[split as keyof typeof splits];
        if (prefix === undefined) expect(samples, split).to.equal(undefined);
        else
          expect(
            samples!.map(({name, label}) => name.startsWith(`${prefix}${classes[label]!}/`)),
          ).to.not.include(false).and.not.be.empty;
      }
      expect(codesOf(folder).filter(code => code !== 'not-an-image')).to.deep.equal(findings);
      expect(
        classes.filter(name => ['test', 'val', 'validation'].includes(parseSplit(name) ?? '')),
      ).to.deep.equal([]);
    });
  }

  for (const layout of REFUSED) {
    it(`refuses ${layout.what}, with what to do`, async () => {
      const root = await write(layout);
      for (const tolerant of [false, true]) {
        const error = (await failure(
          loadImageFolder(root, {collectErrors: tolerant}),
        )) as LayoutError;
        expect(error).to.be.instanceOf(LayoutError);
        expect([error.code, error.exitCode]).to.deep.equal([layout.code, 3]);
        for (const text of layout.says)
          expect(error.message.replaceAll(root, 'DIR')).to.include(text);
      }
    });
  }

  it('names an archive where there is nothing else', async () => {
    const root = await write({what: '', images: [], files: {'pets.zip': 'PK', 'a.txt': 'x'}});
    const {message} = await failure(loadImageFolder(root));
    expect(message).to.match(
      /If the images are in an archive there, give it: --data \S+\/pets\.zip\.$/,
    );
  });

  it('says why it read what goes not without saying', async () => {
    const root = await write(READ[4]!);
    const {findings} = await loadImageFolder(root);
    expect(
      findings.map(({severity, message}) => `${severity}: ${message.replaceAll(root, 'DIR')}`),
    ).to.deep.equal([
      'note: Layout: seg_train/seg_train/ is for training, seg_test/seg_test/ is for test.',
      'warning: Skipped 2 files, such as seg_pred/seg_pred/1.png: seg_pred has no class folders: its images are unlabeled.',
    ]);
  });

  it('says that classes have folders of their own, in a split, too, and where not all have several', async () => {
    const images = each(['train/pets', 'train/cars'], ['a', 'b']).slice(0, 3);
    const root = await write({
      what: '',
      images: [...images, 'val/pets/a/1.png', 'val/cars/a/2.png'],
    });
    const {classNames, findings} = await loadImageFolder(root);
    expect(classNames).to.deep.equal(['cars', 'pets']);
    expect(findings.map(({code, message}) => [code, message])).to.deep.include([
      'layout',
      'Layout: the folders cars, pets are the classes, and what is in their sub-folders is theirs (if those are the classes, move them into one folder).',
    ]);
  });

  it('reads what each command in a refusal names', async () => {
    const root = await write({what: '', images: each(['train', 'val/val', 'valid'])});
    const {interpretations: readings} = (await failure(loadImageFolder(root))) as LayoutError;
    expect(readings).to.have.length(2);
    const [train, val] = readings[0]!.options.split(' ').filter(word => !word.startsWith('--'));
    const folder = await loadImageFolder(train!, {valData: val!});
    expect([folder.classNames, folder.validation!.length]).to.deep.equal([['cats', 'dogs'], 2]);
  });

  for (const [what, folder] of [
    ['itself', 'seg_test/seg_test'],
    ['one around it', 'seg_test'],
  ] as const) {
    it(`reads images for validation and test from ${what}`, async () => {
      const root = await write(READ[4]!);
      const options = {valData: join(root, folder), testData: join(root, folder)};
      const {validation, test, classNames} = await loadImageFolder(
        join(root, 'seg_train'),
        options,
      );
      expect(classNames).to.deep.equal(['cats', 'dogs']);
      expect([validation!.length, test!.length]).to.deep.equal([2, 2]);
      expect(validation!.map(({label}) => label)).to.deep.equal([0, 1]);
    });
  }

  it('never take a split for a class, whatever the folders', () => {
    const names = [
      'train',
      'Training_set',
      'test',
      'val',
      'seg_train',
      'seg_test',
      'pred',
      'images',
      'masks',
      'cats',
      'dogs',
      'pets',
      'x_train',
    ];
    const path = fc.array(fc.constantFrom(...names), {minLength: 0, maxLength: 4});
    let read = 0;
    fc.assert(
      fc.property(fc.array(path, {minLength: 1, maxLength: 9}), paths => {
        const images = paths.map((folders, i) => [...folders, `${i}.png`].join('/'));
        const top = buildFolderTree('', images, []);
        try {
          const {prefixes, unused} = findLayout({root: '/data', rootFolder: top, otherFiles: []});
          const isUsed = (name: string): boolean =>
            !unused.some(({prefix}) => name.startsWith(prefix));
          const classes = images
            .filter(isUsed)
            .flatMap(name => parseClassName(name, prefixes.train) ?? []);
          if (new Set(classes).size < 2) return;
          read++;
          expect(classes.filter(name => parseSplit(name) !== undefined)).to.deep.equal([]);
          const splits = classes.map(name => parseSplitName(name)?.split);
          expect(splits.includes(undefined) || new Set(splits).size === 1).to.equal(true);
          for (const prefix of Object.values(prefixes))
            expect(images.some(name => name.startsWith(prefix))).to.equal(true);
          expect(new Set(Object.values(prefixes)).size).to.equal(Object.values(prefixes).length);
        } catch (error) {
          if (!(error instanceof LayoutError)) throw error;
          expect(error.message).to.match(/\.( |$)/);
        }
      }),
      {seed: 11, numRuns: 5000},
    );
    expect(read).to.be.above(50);
  });
});
