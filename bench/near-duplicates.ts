import {createHash} from 'node:crypto';
import {parseArgs} from 'node:util';
import {createRng, shuffle} from '../src/core/rng.js';
import {mapConcurrently} from '../src/core/async.js';
import {decodeForInspection} from '../src/datasets/images/decode.js';
import {findImages} from '../src/datasets/discovery/find-images.js';
import {findNearDuplicates} from '../src/datasets/duplicates/near-duplicates.js';
import {readBytes} from '../src/datasets/images/read-bytes.js';
import {computeFingerprint} from '../src/datasets/duplicates/fingerprint.js';
import {ALTERATIONS} from './alterations.js';

// How many altered copies are found, and which images of a folder are taken for copies of each other:
// node dist/bench/near-duplicates.js [--copies 100] [--among 1000] DIR...

const CONCURRENCY = 4;

interface Original {
  readonly path: string;
  readonly hash: string;
  readonly fingerprint: Uint8Array;
}

async function fingerprintFile(path: string): Promise<Original | undefined> {
  const bytes = await readBytes(path);
  const image = await decodeForInspection(bytes).then(
    countFound => countFound.image,
    () => undefined,
  );
  return (
    image && {
      path,
      hash: createHash('sha256').update(bytes).digest('hex'),
      fingerprint: computeFingerprint(image),
    }
  );
}

/** The images of a folder that can be read, in a fixed order by chance, identical ones once. */
async function loadOriginals(directory: string): Promise<Original[]> {
  const countFound = (
    await mapConcurrently((await findImages([directory])).images, CONCURRENCY, fingerprintFile)
  ).filter(image => image !== undefined);
  return shuffle(
    [...new Map(countFound.map(image => [image.hash, image])).values()],
    createRng(1, 'near-copies'),
  );
}

async function fingerprintAltered(
  {path}: Original,
  alter: (typeof ALTERATIONS)[string],
): Promise<Uint8Array> {
  const {image} = await decodeForInspection(await readBytes(path));
  return computeFingerprint((await decodeForInspection(await alter(image).toBuffer())).image);
}

/** How many of the altered copies of the first originals come into one group with theirs. */
async function countFound(
  originals: readonly Original[],
  duplicates: number,
  alter: (typeof ALTERATIONS)[string],
): Promise<number> {
  const altered = await mapConcurrently(originals.slice(0, duplicates), CONCURRENCY, original =>
    fingerprintAltered(original, alter),
  );
  const groups = await findNearDuplicates([
    ...originals.map(({fingerprint}) => fingerprint),
    ...altered,
  ]);
  const groupOf = new Map(groups.flatMap(group => group.map(i => [i, group] as const)));
  return altered.filter((_, i) => groupOf.get(i)?.includes(originals.length + i)).length;
}

const percent = (count: number, total: number): string => `${((100 * count) / total).toFixed(1)} %`;

/** The groups among a folder's own images, for the reader to look at. */
async function reportGroups(directory: string, originals: readonly Original[]): Promise<void> {
  const startTime = performance.now();
  const groups = await findNearDuplicates(originals.map(({fingerprint}) => fingerprint));
  const seconds = ((performance.now() - startTime) / 1000).toFixed(1);
  const count = groups.flat().length;
  console.log(
    `${directory}: ${originals.length} images, ${count} in ${groups.length} groups (${percent(count, originals.length)}), ${seconds} s`,
  );
  for (const group of groups) console.log(`  ${group.map(i => originals[i]!.path).join('  ')}`);
}

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {copies: {type: 'string', default: '100'}, among: {type: 'string', default: '1000'}},
});
const folders = [];
for (const directory of positionals) {
  const originals = await loadOriginals(directory);
  await reportGroups(directory, originals);
  folders.push(originals.slice(0, Number(values.among)));
}
console.log(
  `\n| alteration | ${positionals.join(' | ')} |\n| --- |${' --- |'.repeat(folders.length)}`,
);
for (const [name, alter] of Object.entries(ALTERATIONS)) {
  const cells = [];
  for (const originals of folders) {
    const duplicates = Math.min(originals.length, Number(values.copies));
    cells.push(percent(await countFound(originals, duplicates, alter), duplicates));
  }
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}
