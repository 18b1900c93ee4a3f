import {findPretrained, isEmbedded} from '../../backbones/pretrained/pretrained.js';
import {groupBy} from '../../core/group-by.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {OPTIONS} from '../options/options.js';
import {resolveArch} from './network-defaults.js';
import type {RecipeInput} from './recipe.js';
import type {DatasetStats} from './recommend.js';

/** Whether a recipe starts from the small weights of this package. */
function startsEmbedded(input: RecipeInput): boolean {
  const entry = findPretrained(input.weights ?? 'auto', resolveArch(input));
  return entry !== undefined && isEmbedded(entry);
}

/** Computes the statistics of a folder that recommendations need. */
export function computeDatasetStats(
  folder: ImageFolder,
  input: RecipeInput,
  gpu: boolean,
): DatasetStats {
  const validationRatio =
    folder.validation === undefined ? (input.valSplit ?? OPTIONS.valSplit.default) : 0;
  const trainRatio = 1 - validationRatio - (folder.test === undefined ? (input.testSplit ?? 0) : 0);
  const byLabel = groupBy(folder.samples, ({label}) => label);
  const perClass = folder.classNames.map(
    (_, label) => (byLabel.get(label)?.length ?? 0) * trainRatio,
  );
  return {
    images: Math.round(folder.samples.length * trainRatio),
    classes: folder.classNames.length,
    smallestClass: Math.round(Math.min(...perClass)),
    largestClass: Math.round(Math.max(...perClass)),
    pretrained: input.weights !== 'none',
    embedded: startsEmbedded(input),
    gpu,
  };
}
