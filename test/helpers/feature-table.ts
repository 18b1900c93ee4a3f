import {FeatureTable} from '../../src/training/features/feature-table.js';

/** A table of pooled features. @param views `[views][images][width]` */
export const featureTable = (views: readonly (readonly (readonly number[])[])[]): FeatureTable =>
  new FeatureTable(
    1,
    [views[0]![0]!.length],
    views[0]!.length,
    views.map(rows => ({
      copy: (index, target, offset) => target.set(rows[index]!, offset),
      close: async () => {},
    })),
  );
