import {defineError, UsageError} from '../../core/errors.js';

/** Models that must tell the same classes apart do not. */
export class ClassesDifferError extends defineError(
  UsageError,
  'CLASSES_DIFFER',
  ({
    first,
    other,
    onlyFirst,
    onlyOther,
    purpose,
  }: {
    first: string;
    other: string;
    /** Classes that the other model lacks. */
    onlyFirst: readonly string[];
    /** Classes that the first model lacks. */
    onlyOther: readonly string[];
    /** What they cannot do: `be one ensemble` */
    purpose: string;
  }) =>
    `${first} and ${other} have different classes, so they cannot ${purpose}: ${[
      formatMissing(first, onlyFirst),
      formatMissing(other, onlyOther),
    ]
      .flat()
      .join(', ')}. Use models of the same classes.`,
) {}

/** Maximum number of class names in a message. */
const MAX_NAMED = 5;

function formatMissing(model: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMED ? `, ... (${names.length})` : '';
  return [`only ${model} has ${names.slice(0, MAX_NAMED).join(', ')}${more}`];
}

/** Class names of a model, with its name for error messages. */
export interface ModelClasses {
  readonly name: string;
  readonly classNames: readonly string[];
}

/**
 * Maps the classes of a model to those of another by name. Unicode forms of the same name are equal, as in class folders.
 * @returns the index in `other` of each class of `first`
 * @throws ClassesDifferError if a class is only in one of them
 */
export function findClassOrder(
  first: ModelClasses,
  other: ModelClasses,
  purpose = 'be one ensemble',
): readonly number[] {
  const [firstNames, otherNames] = [first, other].map(({classNames}) =>
    classNames.map(name => name.normalize('NFC')),
  ) as [string[], string[]];
  const onlyFirst = firstNames.filter(name => !otherNames.includes(name));
  const onlyOther = otherNames.filter(name => !firstNames.includes(name));
  if (onlyFirst.length + onlyOther.length > 0)
    throw new ClassesDifferError({
      ...{first: first.name, other: other.name},
      ...{onlyFirst, onlyOther, purpose},
    });
  return firstNames.map(name => otherNames.indexOf(name));
}
