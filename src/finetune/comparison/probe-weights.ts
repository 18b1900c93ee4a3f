import {writeFile} from 'node:fs/promises';
import {findPretrained} from '../../backbones/pretrained/pretrained.js';
import {toSplitDocument} from '../../datasets/splitting/split-file.js';
import type {ImageFolder} from '../../datasets/sample.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {FinetuneResult} from '../finetune-result.js';
import {finetune} from '../finetune.js';
import {predictedClasses} from '../explanation/misclassifications.js';
import type {Recipe} from '../recipe/recipe.js';
import type {ProbedWeights} from './comparison.js';

/** The names of the validation images that are classified correctly. */
function correctImages({split, validationProbabilities}: FinetuneResult): ReadonlySet<string> {
  const predicted = predictedClasses(validationProbabilities, split.classNames.length);
  const correct = split.validation.filter(({label}, i) => label === predicted[i]);
  return new Set(correct.map(({name}) => name));
}

function toProbed(weights: string, {arch}: Recipe, result: FinetuneResult): ProbedWeights {
  const {metrics, timings, classifier} = result;
  const published = findPretrained(classifier.origin, arch);
  return {
    weights,
    ...(published && {licenseId: published.licenseId}),
    nonCommercial: published?.nonCommercial ?? false,
    metrics: metrics.validation,
    seconds: timings.total - timings.backend,
    correct: correctImages(result),
  };
}

/**
 * Trains one probe on each set of weights. Where near-duplicates are searched, a split depends on the preprocessing of the weights. So the
 * split of the first is that of all.
 * @param splitFile path to write the split to
 */
export async function probeWeights(
  folder: ImageFolder,
  recipe: Recipe,
  names: readonly string[],
  options: FinetuneOptions,
  splitFile: string,
): Promise<readonly ProbedWeights[]> {
  const {fold: _fold, ...rest} = recipe;
  const probed: ProbedWeights[] = [];
  for (const [index, weights] of names.entries()) {
    options.onEvent?.({type: 'comparison', number: index + 1, count: names.length, weights});
    const probe = index === 0 ? {...recipe, weights} : {...rest, weights, splitFile};
    const result = await finetune(folder, probe, options);
    result.classifier.dispose();
    if (index === 0) await writeFile(splitFile, JSON.stringify(toSplitDocument(result.split)));
    probed.push(toProbed(weights, recipe, result));
  }
  return probed;
}
