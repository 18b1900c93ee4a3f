import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, isAbsolute, join, resolve} from 'node:path';
import {drawDemoSet} from '../src/datasets/demo-set.js';
import {engineVersions, open, ROOT, type Setting} from './commands.js';
import {pinningTo, thisMachine, torchVersions} from './machine.js';
import {measure, type Measured} from './measure.js';
import {readOptions, USAGE, type Options} from './options.js';
import {document, machineSection, merge, rowsSection, type Results, type RowResult} from './results.js';
import {keyOf, ROWS, type Row, type SideSpec} from './rows.js';

const NOTES = join(ROOT, 'bench', 'notes.json');
const RESULTS = join(ROOT, 'bench', 'results.json');
const TABLE = join(ROOT, 'bench', 'RESULTS.md');
const SHARED = resolve(ROOT, '..', 'shared');

/** Sections of RESULTS.md, top to bottom. */
const SECTIONS: readonly ((results: Results) => string)[] = [
  machineSection,
  results => rowsSection(ROWS, results, readJson<Record<string, string>>(NOTES) ?? {}),
];

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const readJson = <T>(path: string): T | undefined => (existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined);

/** Photographs where they are, else drawings of about their size. */
async function findData({data}: Options, scratch: string): Promise<string> {
  const photographs = join(SHARED, 'data', 'hymenoptera');
  if (data !== undefined) return resolve(data);
  if (existsSync(photographs)) return photographs;
  say('There are no photographs in ../shared/data/hymenoptera and none were given by --data: pictures are drawn.');
  const drawn = join(scratch, 'drawn');
  await drawDemoSet(join(drawn, 'train'), {seed: 1, perClass: 60, size: 480});
  await drawDemoSet(join(drawn, 'val'), {seed: 2, perClass: 40, size: 480});
  return drawn;
}

function findWeights({weights}: Options): string | undefined {
  const shared = join(SHARED, 'weights', 'resnet50-imagenet-keras-stage3.safetensors');
  return weights !== undefined ? resolve(weights) : existsSync(shared) ? shared : undefined;
}

/** Why a row is not measured, or why a side of it is not. */
function obstacle(row: Row, setting: Setting, flags: readonly string[]): string | undefined {
  if (row.needs === 'weights' && setting.weights === undefined)
    return 'Expected the stage-3 weights of Keras’ ResNet-50, but found none. Name the file by --weights.';
  if (row.needs === 'avx512_bf16' && !flags.includes(row.needs)) return `This processor has no ${row.needs}.`;
  return row.pending;
}

/** Each side of some rows once, ours first. */
function sidesOf(rows: readonly Row[], hasTorch: boolean): SideSpec[] {
  const sides = new Map(rows.flatMap(({ours, peer}) => [ours, peer]).map(side => [keyOf(side), side]));
  return [...sides.values()].filter(({by}) => by === 'ours' || hasTorch).sort((a, b) => (a.by < b.by ? -1 : a.by > b.by ? 1 : 0));
}

/** Measures the rows of one group. */
async function measureGroup(rows: readonly Row[], repeats: number, setting: Setting, hasTorch: boolean): Promise<Measured> {
  say(`\n${rows.map(({name}) => name).join(', ')}`);
  const fewest = Math.min(repeats, ...rows.map(({mostRepeats = repeats}) => mostRepeats));
  const measured = await measure(
    sidesOf(rows, hasTorch),
    fewest,
    async spec => {
      say(`  ${keyOf(spec)} starts`);
      return open(spec, setting);
    },
    (spec, reading) => say(`  ${keyOf(spec)} ${JSON.stringify(reading)}`),
  );
  for (const text of [...measured.failures.values(), ...measured.disturbances]) say(`  ${text}`);
  return measured;
}

function resultOf({name, ours, peer}: Row, {readings, failures}: Measured, date: string, without: string | undefined): RowResult {
  const [own, theirs] = [readings.get(keyOf(ours)), readings.get(keyOf(peer))];
  const missing = failures.get(keyOf(ours)) ?? failures.get(keyOf(peer)) ?? (theirs === undefined ? without : undefined);
  return {
    name,
    date,
    ...(own !== undefined && {ours: own}),
    ...(theirs !== undefined && {peer: theirs}),
    ...(missing !== undefined && {missing}),
  };
}

async function measureAll(options: Options, setting: Setting, command: string): Promise<Results> {
  const torch = await torchVersions(options.python);
  const without = typeof torch === 'string' ? torch : undefined;
  if (without !== undefined) say(without);
  const machine = thisMachine({...(await engineVersions(setting)), ...(typeof torch === 'string' ? {} : torch)});
  const date = new Date().toISOString().slice(0, 10);
  const found: RowResult[] = [];
  for (const group of new Set(options.rows.map(row => row.group))) {
    const rows = options.rows.filter(row => row.group === group);
    const possible = rows.filter(row => obstacle(row, setting, machine.flags) === undefined);
    for (const row of rows.filter(row => !possible.includes(row))) {
      found.push({name: row.name, date, missing: obstacle(row, setting, machine.flags)!});
    }
    if (possible.length === 0) continue;
    const measured = await measureGroup(possible, options.repeats, setting, without === undefined);
    found.push(...possible.map(row => resultOf(row, measured, date, without)));
  }
  return {machine, command, rows: found};
}

/** Without the folders of one machine. */
const commandOf = (words: readonly string[]): string =>
  ['npm run bench', ...(words.length > 0 ? ['--'] : []), ...words.map(word => (isAbsolute(word) ? basename(word) : word))].join(' ');

async function main(words: readonly string[]): Promise<void> {
  const options = readOptions(words);
  const scratch = mkdtempSync(join(tmpdir(), 'finetune-bench-'));
  try {
    const weights = findWeights(options);
    const setting: Setting = {
      data: await findData(options, scratch),
      ...(weights !== undefined && {weights}),
      threads: options.threads,
      pinning: await pinningTo(options.threads),
      python: options.python,
      scratch,
    };
    const fresh = await measureAll(options, setting, commandOf(words));
    const results = merge(readJson<Results>(RESULTS), fresh);
    writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
    writeFileSync(TABLE, document(SECTIONS.map(section => section(results))));
    process.stdout.write(`${rowsSection(options.rows, fresh, {})}\n\n${TABLE}\n`);
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
}

process.on('SIGINT', () => process.exit(130));
await main(process.argv.slice(2)).catch((error: Error) => {
  say(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
