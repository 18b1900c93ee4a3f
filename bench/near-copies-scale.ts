import {availableParallelism, cpus} from 'node:os';
import {parseArgs} from 'node:util';
import {random} from '../src/core/random.js';
import {concurrently} from '../src/datasets/concurrently.js';
import {examine} from '../src/datasets/decode.js';
import {findImages} from '../src/datasets/find-images.js';
import {nearCopies} from '../src/datasets/near-copies.js';
import {readBytes} from '../src/datasets/read-bytes.js';
import type {DecodedImage} from '../src/datasets/resample.js';
import {thumbprint} from '../src/datasets/thumbprint.js';
import {planted, scaled, type Picture} from './planted.js';

// How the time and the memory of looking for near-duplicates grow, and how many of those that were planted are found:
// node dist/bench/near-copies-scale.js [--kind mixed|alike|same] [--sizes 1000,10000,30000,100000,300000] DIR...

/** Side of the images that are made, in pixels. */
const SIDE = 64;
/** One image in so many is an altered copy of another. */
const COPIED = 50;

type Stream = ReturnType<typeof random>;

/** Images made of photographs. */
const KINDS: Readonly<Record<string, (pictures: readonly Picture[], stream: Stream) => Picture>> = {
  /** As unlike each other as photographs of Tiny-ImageNet are: a part of one, shining through a part of another, each turned or not. */
  mixed: (pictures, stream) => {
    const part = (): Picture => scaled(pictures[stream.integer(pictures.length)]!, stream, SIDE);
    const [front, back] = [part(), part()];
    return front.map((value, i) => 0.62 * value + 0.38 * back[i]!);
  },
  /** All of one kind, as X-rays are: half is the same in each. */
  alike: (pictures, stream) => {
    const [own, common] = [scaled(pictures[stream.integer(pictures.length)]!, stream, SIDE), pictures[0]!];
    return own.map((value, i) => 0.4 * value + 0.6 * common[i]!);
  },
  /** One picture, in copies of many qualities. */
  same: (pictures, stream) => pictures[0]!.map(value => Math.max(0, Math.min(255, value + stream.between(-3, 3)))),
};

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {kind: {type: 'string', default: 'mixed'}, sizes: {type: 'string', default: '1000,10000,30000,100000,300000'}},
});
const imageOf = (data: Picture): DecodedImage => ({data, width: SIDE, height: SIDE});

/** The thumbprints of a set, and which of them are copies of which. */
function makeSet(
  pictures: readonly Picture[],
  size: number,
): {readonly prints: Uint8Array[]; readonly copies: ReadonlyMap<number, number>} {
  const stream = random(1, 'near-copies-scale', size);
  const prints: Uint8Array[] = [];
  const copies = new Map<number, number>();
  let kept: {readonly number: number; readonly picture: Picture} | undefined;
  for (let i = 0; i < size; i++) {
    const isCopy = i % COPIED === COPIED - 1 && kept !== undefined;
    const picture = isCopy ? planted(kept!.picture, stream, SIDE) : KINDS[values.kind]!(pictures, stream);
    if (isCopy) copies.set(i, kept!.number);
    if (i % COPIED === 0) kept = {number: i, picture};
    prints.push(thumbprint(imageOf(picture)));
  }
  return {prints, copies};
}

async function row(pictures: readonly Picture[], size: number): Promise<string> {
  const {prints, copies} = makeSet(pictures, size);
  const [begun, before] = [performance.now(), process.cpuUsage()];
  const groups = await nearCopies(prints);
  const {user, system} = process.cpuUsage(before);
  const groupOf = new Map(groups.flatMap((group, i) => group.map(number => [number, i] as const)));
  const found = [...copies].filter(([copy, original]) => groupOf.has(copy) && groupOf.get(copy) === groupOf.get(original)).length;
  const originals = groups.map(group => new Set(group.map(number => copies.get(number) ?? number)));
  const strangers = originals.reduce((sum, {size: different}) => sum + different - 1, 0);
  const seconds = (performance.now() - begun) / 1000;
  return [
    size.toLocaleString('en-US'),
    `${seconds.toFixed(1)} s`,
    `${((user + system) / 1e6).toFixed(1)} s`,
    `${Math.round(size / seconds).toLocaleString('en-US')}/s`,
    copies.size === 0 ? '' : `${((100 * found) / copies.size).toFixed(1)} % of ${copies.size.toLocaleString('en-US')}`,
    String(strangers),
    `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  ].join(' | ');
}

const {images} = await findImages(positionals);
const pictures = await concurrently(images, 4, async path => {
  const image = await examine(await readBytes(path)).then(
    found => found.image,
    () => undefined,
  );
  return image === undefined ? [] : [scaled(image, undefined, SIDE)];
});
console.log(
  `${values.kind}, made of ${images.length} images; ${availableParallelism()} cores of ${cpus()[0]!.model.trim()}, Node ${process.version}.`,
);
console.log(
  '\n| images | time | processor time | speed | copies found | others joined | most memory |\n| --- | --- | --- | --- | --- | --- | --- |',
);
for (const size of values.sizes.split(',').map(Number)) console.log(`| ${await row(pictures.flat(), size)} |`);
