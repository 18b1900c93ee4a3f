import {createHash} from 'node:crypto';
import {parseArgs} from 'node:util';
import {random, shuffled} from '../src/core/random.js';
import {concurrently} from '../src/datasets/concurrently.js';
import {examine} from '../src/datasets/decode.js';
import {findImages} from '../src/datasets/find-images.js';
import {nearCopies} from '../src/datasets/near-copies.js';
import {readBytes} from '../src/datasets/read-bytes.js';
import {thumbprint} from '../src/datasets/thumbprint.js';
import {ALTERATIONS} from './alterations.js';

// How many altered copies are found, and which images of a folder are taken for copies of each other:
// node dist/bench/near-copies.js [--copies 100] [--among 1000] DIR...

const AT_ONCE = 4;

interface Original {
  readonly path: string;
  readonly hash: string;
  readonly print: Uint8Array;
}

async function printAt(path: string): Promise<Original | undefined> {
  const bytes = await readBytes(path);
  const image = await examine(bytes).then(
    found => found.image,
    () => undefined,
  );
  return image && {path, hash: createHash('sha256').update(bytes).digest('hex'), print: thumbprint(image)};
}

/** The images of a folder that can be read, in a fixed order by chance, identical ones once. */
async function originalsIn(directory: string): Promise<Original[]> {
  const found = (await concurrently((await findImages([directory])).images, AT_ONCE, printAt)).filter(image => image !== undefined);
  return shuffled([...new Map(found.map(image => [image.hash, image])).values()], random(1, 'near-copies'));
}

async function alteredPrint({path}: Original, alter: (typeof ALTERATIONS)[string]): Promise<Uint8Array> {
  const {image} = await examine(await readBytes(path));
  return thumbprint((await examine(await alter(image).toBuffer())).image);
}

/** How many of the altered copies of the first originals come into one group with theirs. */
async function found(originals: readonly Original[], copies: number, alter: (typeof ALTERATIONS)[string]): Promise<number> {
  const altered = await concurrently(originals.slice(0, copies), AT_ONCE, original => alteredPrint(original, alter));
  const groups = await nearCopies([...originals.map(({print}) => print), ...altered]);
  const groupOf = new Map(groups.flatMap(group => group.map(i => [i, group] as const)));
  return altered.filter((_, i) => groupOf.get(i)?.includes(originals.length + i)).length;
}

const percent = (count: number, total: number): string => `${((100 * count) / total).toFixed(1)} %`;

/** The groups among a folder's own images, for the reader to look at. */
async function tellAlarms(directory: string, originals: readonly Original[]): Promise<void> {
  const begun = performance.now();
  const groups = await nearCopies(originals.map(({print}) => print));
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
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
  const originals = await originalsIn(directory);
  await tellAlarms(directory, originals);
  folders.push(originals.slice(0, Number(values.among)));
}
console.log(`\n| alteration | ${positionals.join(' | ')} |\n| --- |${' --- |'.repeat(folders.length)}`);
for (const [name, alter] of Object.entries(ALTERATIONS)) {
  const cells = [];
  for (const originals of folders) {
    const copies = Math.min(originals.length, Number(values.copies));
    cells.push(percent(await found(originals, copies, alter), copies));
  }
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}
