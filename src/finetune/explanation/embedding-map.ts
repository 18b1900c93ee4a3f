import {mapConcurrently} from '../../core/async.js';
import {createRng, shuffle} from '../../core/rng.js';
import type {ImageCache} from '../../datasets/cache/image-cache.js';
import {createThumbnailSheet, SHEET_COLUMNS} from '../../datasets/images/thumbnail.js';
import type {Sample} from '../../datasets/sample.js';
import type {EmbeddingMap} from '../../report/run-record.js';
import {projectToPlane} from '../../training/metrics/principal-components.js';
import type {Prepared} from '../preparation/prepared.js';
import {spreadSamples} from './class-examples.js';
import {predictedClasses} from './misclassifications.js';

/** Maximum number of images on a map. */
const MAX_POINTS = 1000;

/** Maximum number of images that are shown, and the side of one in pixels: about 0.5 kB each in the report. */
const [MAX_THUMBNAILS, THUMBNAIL_SIDE] = [256, 48];

/** Rounds to four digits, which are finer than a pixel. */
const rounded = (value: number): number => Number(value.toPrecision(4));

type Point = EmbeddingMap['points'][number];

/** The points whose images are shown, each with its sample: mistakes first, and of the rest and of too many mistakes a random sample. */
export function choosePoints<T extends Pick<Point, 'truth' | 'prediction'>>(
  points: readonly T[],
): T[] {
  const mixed = shuffle(points, createRng('images on the map'));
  const isMistake = ({truth, prediction}: T): boolean => truth !== prediction;
  return [...mixed.filter(isMistake), ...mixed.filter(each => !isMistake(each))].slice(
    0,
    MAX_THUMBNAILS,
  );
}

interface Placed {
  readonly point: Point;
  readonly sample: Sample;
}

/** Adds thumbnails to points, as far as their images can still be read: a missing image must not end a run. */
async function addThumbnails(
  placed: readonly Placed[],
  cache: ImageCache,
): Promise<Pick<EmbeddingMap, 'points' | 'thumbnails'>> {
  const chosen = choosePoints(placed.map(({point, sample}) => ({...point, sample})));
  const read = await mapConcurrently(chosen, 4, async ({sample}) => {
    const image = await Promise.resolve(sample)
      .then(one => cache.image(one))
      .catch(() => undefined);
    return image === undefined ? [] : [{image, name: sample.name}];
  });
  const readable = read.flat();
  if (readable.length === 0) return {points: placed.map(({point}) => point)};
  const tiles = new Map(readable.map(({name}, tile) => [name, tile]));
  const sheet = await createThumbnailSheet(readable.map(({image}) => image), THUMBNAIL_SIDE); // prettier-ignore
  return {
    thumbnails: {sheet, columns: SHEET_COLUMNS, count: readable.length},
    points: placed.map(({point}) => {
      const tile = tiles.get(point.name);
      return tile === undefined ? point : {...point, tile};
    }),
  };
}

/**
 * Lays the validation images out on a plane by their features.
 * @param features `[count * width]`
 * @param probabilities `[count * classes]`
 */
export async function embeddingMap(
  {
    cache,
    classifier: {classNames},
    split: {validation},
  }: Pick<Prepared, 'cache' | 'classifier' | 'split'>,
  features: Float32Array,
  probabilities: Float32Array,
): Promise<EmbeddingMap> {
  const width = features.length / validation.length;
  const shown = spreadSamples(validation.map((_, index) => index), MAX_POINTS); // prettier-ignore
  const chosen = new Float32Array(shown.length * width);
  shown.forEach((index, i) =>
    chosen.set(features.subarray(index * width, (index + 1) * width), i * width),
  );
  const {points, explained} = projectToPlane(chosen, width);
  const predicted = predictedClasses(probabilities, classNames.length);
  const placed = points.map(([x, y], i): Placed => {
    const sample = validation[shown[i]!]!;
    const point = {
      name: sample.name,
      truth: classNames[sample.label]!,
      prediction: classNames[predicted[shown[i]!]!]!,
      x: rounded(x),
      y: rounded(y),
    };
    return {point, sample};
  });
  return {explained, ...(await addThumbnails(placed, cache))};
}
