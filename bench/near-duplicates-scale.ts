import {availableParallelism, cpus} from 'node:os';
import {parseArgs} from 'node:util';
import {formatInteger} from '../src/core/text/format-count.js';
import {createRng} from '../src/core/rng.js';
import {mapConcurrently} from '../src/core/async.js';
import {decodeForInspection} from '../src/datasets/images/decode.js';
import {findImages} from '../src/datasets/discovery/find-images.js';
import {findNearDuplicates} from '../src/datasets/duplicates/near-duplicates.js';
import {readBytes} from '../src/datasets/images/read-bytes.js';
import type {DecodedImage} from '../src/datasets/images/resample.js';
import {computeFingerprint} from '../src/datasets/duplicates/fingerprint.js';
import {makeNearDuplicate, randomCrop, type SquareImage} from './make-near-duplicates.js';

// How the time and the memory of looking for near-duplicates grow, and how many of those that were planted are found:
// node dist/bench/near-duplicates-scale.js [--kind mixed|alike|same] [--sizes 1000,10000,30000,100000,300000] DIR...

/** Side of the images that are made, in pixels. */
const SIDE = 64;
/** One image in so many is an altered copy of another. */
const DUPLICATE_INTERVAL = 50;

type Stream = ReturnType<typeof createRng>;

/** Images made of other images. */
const KINDS: Readonly<
  Record<string, (sourceImages: readonly SquareImage[], stream: Stream) => SquareImage>
> = {
  /** As different as images of Tiny-ImageNet: a crop of one, shining through a crop of another, each rotated or not. */
  mixed: (sourceImages, stream) => {
    const view = (): SquareImage =>
      randomCrop(sourceImages[stream.integer(sourceImages.length)]!, stream, SIDE);
    const [front, back] = [view(), view()];
    return front.map((value, i) => 0.62 * value + 0.38 * back[i]!);
  },
  /** All of one kind, as X-rays are: half is the same in each. */
  similar: (sourceImages, stream) => {
    const [own, shared] = [
      randomCrop(sourceImages[stream.integer(sourceImages.length)]!, stream, SIDE),
      sourceImages[0]!,
    ];
    return own.map((value, i) => 0.4 * value + 0.6 * shared[i]!);
  },
  /** One image, in copies of many qualities. */
  same: (sourceImages, stream) =>
    sourceImages[0]!.map(value => Math.max(0, Math.min(255, value + stream.uniform(-3, 3)))),
};

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    kind: {type: 'string', default: 'mixed'},
    sizes: {type: 'string', default: '1000,10000,30000,100000,300000'},
  },
});
const imageOf = (data: SquareImage): DecodedImage => ({data, width: SIDE, height: SIDE});

/** The fingerprints of a set, and which of them are copies of which. */
function makeSet(
  sourceImages: readonly SquareImage[],
  size: number,
): {readonly fingerprints: Uint8Array[]; readonly duplicates: ReadonlyMap<number, number>} {
  const stream = createRng(1, 'near-copies-scale', size);
  const fingerprints: Uint8Array[] = [];
  const duplicates = new Map<number, number>();
  let lastOriginal: {readonly number: number; readonly pixels: SquareImage} | undefined;
  for (let i = 0; i < size; i++) {
    const isDuplicate =
      i % DUPLICATE_INTERVAL === DUPLICATE_INTERVAL - 1 && lastOriginal !== undefined;
    const pixels = isDuplicate
      ? makeNearDuplicate(lastOriginal!.pixels, stream, SIDE)
      : KINDS[values.kind]!(sourceImages, stream);
    if (isDuplicate) duplicates.set(i, lastOriginal!.number);
    if (i % DUPLICATE_INTERVAL === 0) lastOriginal = {number: i, pixels};
    fingerprints.push(computeFingerprint(imageOf(pixels)));
  }
  return {fingerprints, duplicates};
}

async function measureSize(sourceImages: readonly SquareImage[], size: number): Promise<string> {
  const {fingerprints, duplicates} = makeSet(sourceImages, size);
  const [startTime, before] = [performance.now(), process.cpuUsage()];
  const groups = await findNearDuplicates(fingerprints);
  const {user, system} = process.cpuUsage(before);
  const groupOf = new Map(groups.flatMap((group, i) => group.map(number => [number, i] as const)));
  const found = [...duplicates].filter(
    ([duplicate, original]) =>
      groupOf.has(duplicate) && groupOf.get(duplicate) === groupOf.get(original),
  ).length;
  const originals = groups.map(
    group => new Set(group.map(number => duplicates.get(number) ?? number)),
  );
  const falseMerges = originals.reduce((sum, {size: different}) => sum + different - 1, 0);
  const seconds = (performance.now() - startTime) / 1000;
  return [
    formatInteger(size),
    `${seconds.toFixed(1)} s`,
    `${((user + system) / 1e6).toFixed(1)} s`,
    `${formatInteger(Math.round(size / seconds))}/s`,
    duplicates.size === 0
      ? ''
      : `${((100 * found) / duplicates.size).toFixed(1)} % of ${formatInteger(duplicates.size)}`,
    String(falseMerges),
    `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  ].join(' | ');
}

const {images} = await findImages(positionals);
const sourceImages = await mapConcurrently(images, 4, async path => {
  const image = await decodeForInspection(await readBytes(path)).then(
    found => found.image,
    () => undefined,
  );
  return image === undefined ? [] : [randomCrop(image, undefined, SIDE)];
});
console.log(
  `${values.kind}, made of ${images.length} images; ${availableParallelism()} cores of ${cpus()[0]!.model.trim()}, Node ${process.version}.`,
);
console.log(
  '\n| images | time | processor time | speed | copies found | others joined | most memory |\n| --- | --- | --- | --- | --- | --- | --- |',
);
for (const size of values.sizes.split(',').map(Number))
  console.log(`| ${await measureSize(sourceImages.flat(), size)} |`);
