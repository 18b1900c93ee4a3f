import {DatasetError} from '../core/errors.js';
import type {Group} from './draw-groups.js';

/** A class that is spread over fewer groups than there are folds: some fold would have none of it to validate on. */
export class FoldsImpossibleError extends DatasetError {
  override readonly code = 'FOLDS_IMPOSSIBLE';

  constructor(
    readonly root: string,
    readonly folds: number,
    readonly className: string,
    readonly images: number,
    /** Images that must stay together count as one. */
    readonly groups: number,
    /** Other classes with too few. */
    readonly others: number,
  ) {
    const count = (value: number, noun: string): string => `${value} ${noun}${value === 1 ? '' : 's'}`;
    const has =
      groups === images
        ? count(images, 'image')
        : `${count(images, 'image')} in ${count(groups, 'group')} that stay together (the same file, near-duplicates, --split-by)`;
    const also = others === 0 ? '' : `, and ${others === 1 ? '1 more class has' : `${others} more classes have`} too few as well`;
    const fewer = groups < 2 ? '' : `Use --folds ${groups}, add images`;
    super(
      `Class ${className} in ${root} has ${has} to be divided${also}; --folds ${folds} needs ${folds} in every class. ` +
        `${fewer || 'Add images'}, or leave the class out with --classes.`,
    );
  }
}

/**
 * @param groups all that the folds divide
 * @throws FoldsImpossibleError for the class that has the fewest, where it has fewer than there are folds
 */
export function assertFoldsPossible(root: string, classNames: readonly string[], groups: readonly Group[], folds: number): void {
  const [images, spread] = [classNames.map(() => 0), classNames.map(() => 0)];
  for (const {samples} of groups) {
    for (const {label} of samples) images[label]!++;
    for (const label of new Set(samples.map(sample => sample.label))) spread[label]!++;
  }
  const few = classNames.map((_, label) => label).filter(label => spread[label]! < folds);
  if (few.length === 0) return;
  const label = few.reduce((least, each) => (spread[each]! < spread[least]! ? each : least));
  throw new FoldsImpossibleError(root, folds, classNames[label]!, images[label]!, spread[label]!, few.length - 1);
}
