import {formatCount} from '../../core/text/format-count.js';
import {defineError, DatasetError} from '../../core/errors.js';
import type {Group} from './assign-groups.js';

/** Thrown if a class has fewer groups than there are folds: some fold would have no validation images of it. */
export class TooManyFoldsError extends defineError(
  DatasetError,
  'TOO_MANY_FOLDS',
  ({
    root,
    folds,
    className,
    images,
    groups,
    otherClasses,
  }: {
    root: string;
    folds: number;
    className: string;
    images: number;
    /** Number of groups. Images that must stay together count as one. */
    groups: number;
    /** Number of other classes with too few groups. */
    otherClasses: number;
  }) => {
    const contents =
      groups === images
        ? formatCount(images, 'image')
        : `${formatCount(images, 'image')} in ${formatCount(groups, 'group')} that stay together (the same file, near-duplicates, --group-by)`;
    const also =
      otherClasses === 0
        ? ''
        : `, and ${otherClasses === 1 ? '1 more class has' : `${otherClasses} more classes have`} too few as well`;
    const fewer = groups < 2 ? '' : `Use --folds ${groups}, add images`;
    return (
      `Class ${className} in ${root} has ${contents} to be divided${also}; --folds ${folds} needs ${folds} in every class. ` +
      `${fewer || 'Add images'}, or leave the class out with --classes.`
    );
  },
) {}

/**
 * @param groups all groups to assign to folds
 * @throws TooManyFoldsError for the class with the fewest groups, if there are fewer than folds
 */
export function assertFoldsPossible(
  root: string,
  classNames: readonly string[],
  groups: readonly Group[],
  folds: number,
): void {
  const [images, groupCounts] = [classNames.map(() => 0), classNames.map(() => 0)];
  for (const {samples} of groups) {
    for (const {label} of samples) images[label]!++;
    for (const label of new Set(samples.map(sample => sample.label))) groupCounts[label]!++;
  }
  const tooFew = classNames.map((_, label) => label).filter(label => groupCounts[label]! < folds);
  if (tooFew.length === 0) return;
  const label = tooFew.reduce((fewest, candidate) =>
    groupCounts[candidate]! < groupCounts[fewest]! ? candidate : fewest,
  );
  throw new TooManyFoldsError({
    root,
    folds,
    className: classNames[label]!,
    images: images[label]!,
    groups: groupCounts[label]!,
    otherClasses: tooFew.length - 1,
  });
}
