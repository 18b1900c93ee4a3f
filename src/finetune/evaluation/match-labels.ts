import {defineError, DatasetError} from '../../core/errors.js';
import {formatInteger} from '../../core/text/format-count.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../datasets/sample.js';
import type {RunContext} from '../run/run-context.js';

/** The folder and the exported model have no class in common. */
export class NoCommonClassError extends defineError(
  DatasetError,
  'NO_COMMON_CLASS',
  ({root, known, found}: {root: string; known: readonly string[]; found: readonly string[]}) =>
    `${root} shares no class with the exported model: it has ${formatNames(found)}, the model has ${formatNames(known)}. Name the classes as in the labels.txt of the model.`,
) {}

const formatNames = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');

/**
 * Maps labels of the folder to labels of the exported model, by class name. Unmatched classes are reported as findings and never shifted.
 */
export function matchLabels(
  folder: ImageFolder,
  classNames: readonly string[],
  run: RunContext,
): ReadonlyMap<number, number> {
  const known = new Map(classNames.map((name, label) => [name.normalize('NFC'), label])); // like the class names of folders
  const unknownClasses = folder.classNames.filter(name => !known.has(name));
  const missingClasses = classNames.filter(
    name => !folder.classNames.includes(name.normalize('NFC')),
  );
  if (unknownClasses.length === folder.classNames.length)
    throw new NoCommonClassError({
      root: folder.root,
      known: classNames,
      found: folder.classNames,
    });
  const addFinding = (code: string, message: string, files: readonly string[] = []): void =>
    run.addFinding({code, severity: 'warning', message, files});
  const unknownImages = everySample(folder).flatMap(({name, label}) =>
    known.has(folder.classNames[label]!) ? [] : [name],
  );
  if (unknownClasses.length > 0)
    addFinding(
      'unknown-class',
      `The exported model does not know ${formatNames(unknownClasses)}; those images (${formatInteger(unknownImages.length)}) are skipped.`,
      unknownImages,
    );
  if (missingClasses.length > 0)
    addFinding(
      'missing-class',
      `There are no images of ${formatNames(missingClasses)}; they are not evaluated.`,
    );
  return new Map(
    folder.classNames.flatMap((name, label) =>
      known.has(name) ? [[label, known.get(name)!]] : [],
    ),
  );
}
