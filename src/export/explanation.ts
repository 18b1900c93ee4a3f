import {ArgumentError, describeValue} from '../core/arguments.js';
import {resizeKey} from '../core/preprocessing.js';
import {seenRegion, type PlacedMap} from '../datasets/activation-maps/placed-map.js';
import type {ImageSize} from '../datasets/images/resample.js';
import type {ModelMember} from './model-member.js';
import type {ImageViews} from './score-images.js';

/**
 * Options of `explain`.
 *
 * @example
 * const options: ExplainOptions = {className: 'ants'};
 * await model.explain('a.jpg', options);
 */
export interface ExplainOptions {
  /** The class whose evidence is shown. Default: the most likely class. */
  readonly className?: string;
  /** Abort signal, checked before the network runs. */
  readonly signal?: AbortSignal;
}

/**
 * Where the evidence for a class lies in an image.
 *
 * @example
 * const {className, width, height, maps}: ImageExplanation = await model.explain('a.jpg');
 * const [{rows, columns, values, region}] = maps;
 */
export interface ImageExplanation {
  readonly className: string;
  /** Size of the image in pixels, after its EXIF orientation is applied. */
  readonly width: number;
  readonly height: number;
  /** The activation map of each network: one, unless the model is an ensemble. */
  readonly maps: readonly [PlacedMap, ...PlacedMap[]];
}

/** Index of a class. @throws ArgumentError for a class that the model does not have */
export function classIndexOf(classNames: readonly string[], className: string): number {
  const index = classNames.indexOf(className);
  if (index < 0)
    throw new ArgumentError(
      {call: 'explain()', argument: 'options.className'},
      {
        problem: `is ${describeValue(className)}, which is no class of the model. Its classNames has them.`,
      },
    );
  return index;
}

/** Computes the activation map of each member. @param views the image as each member sees it */
export function placedMaps(
  members: readonly [ModelMember, ...ModelMember[]],
  views: ImageViews,
  size: ImageSize,
  classIndex: number,
): ImageExplanation['maps'] {
  const mapOf = (member: ModelMember): PlacedMap => ({
    ...member.activationMap(views.get(resizeKey(member.preprocessing))!, classIndex),
    region: seenRegion(size, member.preprocessing),
  });
  const [first, ...others] = members;
  return [mapOf(first), ...others.map(mapOf)];
}
