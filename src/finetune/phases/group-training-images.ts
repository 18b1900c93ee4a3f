import {connectedComponents} from '../../datasets/duplicates/disjoint-set.js';
import {createGrouping} from '../../datasets/splitting/split-groups.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Recipe} from '../recipe/recipe.js';

/** Number of the group of each training image: images that the split keeps together have the same. */
export function groupTrainingImages(
  {duplicateGroup, split: {train, validation, test}}: Pick<Prepared, 'duplicateGroup' | 'split'>,
  {groupBy}: Pick<Recipe, 'groupBy'>,
): readonly number[] {
  const {groupOf} = createGrouping(groupBy, [...train, ...validation, ...test]);
  const keys = groupOf === undefined ? [] : [groupOf];
  const groups = connectedComponents(train, duplicateGroup, ...keys);
  const numberOf = new Map(
    groups.flatMap((group, number) => group.map(sample => [sample, number] as const)),
  );
  return train.map(sample => numberOf.get(sample)!);
}
