import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {Arch} from '../../backbones/resnet-specs.js';
import {publishedMetadata} from '../../backbones/weights/weights-metadata.js';
import {UsageError} from '../../core/errors.js';
import {computeFillColor, withFit, withImageSize} from '../../core/preprocessing.js';
import type {Recipe} from '../recipe/recipe.js';
import {RUN_FILES} from '../run/run-files.js';

/** Folder of the runs, in the directory of a study. */
export const RUNS_FOLDER = 'runs';

/** Whether a directory holds a study. The folder of its runs is its first entry. */
export const isStudyDirectory = (path: string): boolean => existsSync(join(path, RUNS_FOLDER));

/** A run of a study that may not have been started. */
export interface PlannedRun {
  readonly arch: Arch;
  readonly seed: number;
  readonly recipe: Recipe;
  /** Name of its directory. */
  readonly name: string;
  /** Path of its directory. */
  readonly run: string;
}

/** How the images of a network are resized, as text. */
function describeInput({arch, imageSize, fit}: Recipe): string {
  const published = publishedMetadata(arch).preprocessing;
  const sized = imageSize === undefined ? published : withImageSize(published, imageSize);
  const {resizeSize, cropSize} = fit === undefined ? sized : withFit(sized, fit);
  const padding = fit === 'pad' ? `, padded with ${computeFillColor(sized).join()}` : '';
  return `${cropSize} px of ${resizeSize}${padding}`;
}

/** Checks that all networks see the same images, which they share. @throws UsageError */
function assertSameInput(recipes: readonly Recipe[]): void {
  const [first] = recipes;
  const other = recipes.find(recipe => describeInput(recipe) !== describeInput(first!));
  if (other === undefined) return;
  throw new UsageError(
    `${first!.arch} and ${other.arch} see different images: ${describeInput(first!)} and ${describeInput(other)}. ` +
      'Their errors would not be comparable. Add --image-size and --fit squash, or choose other --networks.',
  );
}

/**
 * Plans the runs of a study: every network with the first seed, then with the next. All have the split of the first run.
 * @param recipes one per network
 * @throws UsageError if networks differ in the images that they see
 */
export function planRuns(
  out: string,
  recipes: readonly Recipe[],
  seeds: readonly number[],
): PlannedRun[] {
  assertSameInput(recipes);
  const nameOf = (arch: Arch, seed: number): string => `${arch}-seed-${seed}`;
  const directoryOf = (name: string): string => join(out, RUNS_FOLDER, name);
  const splitFile = join(directoryOf(nameOf(recipes[0]!.arch, seeds[0]!)), RUN_FILES.split);
  return seeds.flatMap(seed =>
    recipes.map((recipe, index): PlannedRun => {
      const isFirst = index === 0 && seed === seeds[0];
      const {arch} = recipe;
      const name = nameOf(arch, seed);
      return {
        arch,
        seed,
        recipe: {...recipe, seed, ...(!isFirst && {splitFile: recipe.splitFile ?? splitFile})},
        name,
        run: directoryOf(name),
      };
    }),
  );
}
