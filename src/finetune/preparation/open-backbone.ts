import {createRandomBackbone, loadBackbone} from '../../backbones/load-backbone.js';
import type {Backbone} from '../../backbones/parameters.js';
import {locateWeights, type LocatedWeights} from '../../backbones/pretrained/locate-weights.js';
import type {PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import {withFit, withImageSize, type Preprocessing} from '../../core/preprocessing.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';

/** A backbone on the device with its preprocessing. */
export interface OpenBackbone {
  /** Backbone with the preprocessing of the recipe. */
  readonly backbone: Backbone;
  /** Published weights that the backbone was loaded from. */
  readonly pretrained?: PretrainedWeights;
}

/** Options of a recipe that determine its backbone. */
export type BackboneOptions = Pick<
  Recipe,
  'arch' | 'lastStage' | 'weights' | 'seed' | 'imageSize' | 'fit'
>;

const requestedPreprocessing = (
  own: Preprocessing,
  {imageSize, fit}: BackboneOptions,
): Preprocessing => {
  const sized = imageSize === undefined ? own : withImageSize(own, imageSize);
  return fit === undefined ? sized : withFit(sized, fit);
};

/** The published weights that a file is, or that the run of a checkpoint began with. */
const publishedOrigin = ({pretrained, base}: LocatedWeights): PretrainedWeights | undefined =>
  pretrained ?? (base?.located && publishedOrigin(base.located));

/** Reports a license that forbids commercial use: what is trained from such weights may be bound by it. */
function reportLicense(located: LocatedWeights, run: RunContext): void {
  const published = publishedOrigin(located);
  if (published?.nonCommercial !== true) return;
  const {name, licenseId} = published;
  run.addFinding({
    code: 'non-commercial-weights',
    severity: 'warning',
    message: `${name} is published under ${licenseId}, not for commercial use. A model trained from it may be bound by that. Choose other weights for anything commercial.`,
    files: [],
  });
}

async function loadWeights(recipe: BackboneOptions, run: RunContext): Promise<OpenBackbone> {
  const {arch, lastStage, weights, seed} = recipe;
  if (weights === 'none') {
    run.emit({type: 'weights', name: 'none', path: null});
    return {backbone: createRandomBackbone(arch, lastStage, seed)};
  }
  const onInfo = (message: string): void => run.emit({type: 'info', message});
  const located = await locateWeights(weights, arch, {
    offline: run.offline,
    onFinding: finding => run.addFinding(finding),
    onInfo,
    onProgress: ({bytes, total}) => run.progress('weights', bytes, total ?? bytes, 'bytes'),
    ...run.signalOptions,
  });
  const {path, pretrained, base} = located;
  reportLicense(located, run);
  run.progress('weights', 0, 1, 'files', {step: 'loading'});
  const options = {onInfo, ...(base && {base})};
  const backbone = await loadBackbone(arch, lastStage, path, pretrained, options);
  run.emit({type: 'weights', name: backbone.origin, path});
  return {backbone, ...(pretrained !== undefined && {pretrained})};
}

/** Locates the weights of a recipe, downloads them if needed, and loads them. The caller disposes them. */
export async function openBackbone(
  recipe: BackboneOptions,
  run: RunContext,
): Promise<OpenBackbone> {
  const {backbone, ...others} = await run.time('weights', () => loadWeights(recipe, run));
  const preprocessing = requestedPreprocessing(backbone.preprocessing, recipe);
  return {backbone: {...backbone, preprocessing}, ...others};
}
