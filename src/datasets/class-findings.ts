import type {Finding} from '../core/finding.js';
import {editDistance} from '../core/nearest.js';
import {groupBy} from './group-by.js';
import type {ImageFolder, Sample} from './image-folder.js';
import {everySample} from './image-folder.js';
import {partNamed} from './folder-layout.js';

/** Fewer images of a class tell little of it. */
const FEW = 10;

/** The largest class over the smallest, from which on accuracy hides what happens to the smallest. */
const IMBALANCED = 3;

/** Names that are shorter differ by a letter without being alike. */
const SHORT_NAME = 4;

/** Every name is compared with every other. */
const MOST_COMPARED = 1000;

const bare = (name: string): string => name.normalize('NFC').toLowerCase();

function smallClasses(classNames: readonly string[], sizes: readonly number[]): Finding[] {
  const small = classNames.filter((_, label) => sizes[label]! < FEW);
  const [first] = small;
  if (first === undefined) return [];
  const which = small.length === 1 ? `Class ${first} has` : `${small.length} classes have fewer than ${FEW} images, such as ${first} with`;
  const number = sizes[classNames.indexOf(first)]!;
  return [
    {
      code: 'small-class',
      severity: 'warning',
      message: `${which} ${number} ${number === 1 ? 'image' : 'images'} to learn from: expect little of it, or add images.`,
      files: [],
      ...(small.length === 1 && {className: first}),
    },
  ];
}

function imbalance(classNames: readonly string[], sizes: readonly number[]): Finding[] {
  const [most, least] = [Math.max(...sizes), Math.min(...sizes)];
  if (least === 0 || most / least < IMBALANCED) return [];
  const [large, small] = [classNames[sizes.indexOf(most)]!, classNames[sizes.indexOf(least)]!];
  return [
    {
      code: 'imbalanced-classes',
      severity: 'warning',
      message:
        `Class ${large} has ${most} images and class ${small} ${least}, ${(most / least).toFixed(1)} times fewer: ` +
        'accuracy says little of the smaller ones. Images weigh the more in training the rarer their class, unless --balance none is said; ' +
        'look at the recall of each class.',
      files: [],
    },
  ];
}

/** `cat` and `Cat` (which other systems take for one folder), `cat` and `cats`, `tabby cat` and `tabby_cat`. */
function alikeNames(classNames: readonly string[]): Finding[] {
  const plain = classNames.map(name =>
    bare(name)
      .replace(/[\s_.-]+/g, ' ')
      .trim(),
  );
  const areAlike = (a: string, b: string): boolean => {
    if (a === b) return true;
    const isWord = a.length >= SHORT_NAME && b.length >= SHORT_NAME && !/\d/.test(a + b);
    return (
      isWord &&
      (a === `${b}s` ||
        b === `${a}s` ||
        (Math.min(a.length, b.length) > 2 * SHORT_NAME && Math.abs(a.length - b.length) < 2 && editDistance(a, b) === 1))
    );
  };
  if (classNames.length > MOST_COMPARED) return [];
  return classNames.flatMap((first, i) =>
    classNames.slice(i + 1).flatMap((second, j): Finding[] => {
      if (!areAlike(plain[i]!, plain[i + 1 + j]!)) return [];
      const message = `Classes ${first} and ${second} have nearly the same name: put their images into one folder if they are one class.`;
      return [{code: 'similar-class-names', severity: 'warning', message, files: []}];
    }),
  );
}

/** `train` beside `cat` and `dog`: a part of a split that was taken for a class. */
function partsAmongClasses({classNames, layout}: ImageFolder): Finding[] {
  const parts = layout === 'classes' ? classNames.filter(name => partNamed(name) !== undefined) : [];
  return parts.map(className => ({
    code: 'split-as-class',
    severity: 'warning',
    message: `Class ${className} has the name of a part of a split; for a split put the class folders into train and val, and nothing beside them.`,
    files: [],
    className,
  }));
}

/** Names that are one on systems that do not tell case or accents' spelling apart. */
function collisions(samples: readonly Sample[]): Finding[] {
  const alike = [...groupBy(samples, ({name}) => bare(name)).values()].filter(({length}) => length > 1);
  const [first] = alike;
  if (first === undefined) return [];
  const names = alike.flat().map(({name}) => name);
  const message = `${names.length} names differ in case or spelling of accents alone, such as ${first.map(({name}) => name).join(' and ')}: on macOS and Windows they are one file.`;
  return [{code: 'names-collide', severity: 'note', message, files: names}];
}

/** What a person should know of the classes and names of a folder, before any image is opened. */
export function classFindings(folder: ImageFolder): Finding[] {
  const byLabel = groupBy(folder.samples, ({label}) => label);
  const sizes = folder.classNames.map((_, label) => byLabel.get(label)?.length ?? 0);
  return [
    ...partsAmongClasses(folder),
    ...alikeNames(folder.classNames),
    ...imbalance(folder.classNames, sizes),
    ...smallClasses(folder.classNames, sizes),
    ...collisions(everySample(folder)),
  ];
}
