import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, isAbsolute, join, resolve} from 'node:path';
import {drawDemoSet} from '../src/datasets/demo/demo-set.js';
import {backendVersions, openSide, ROOT, type BenchSetup} from './commands.js';
import {pinToCores, describeMachine, torchVersions} from './machine.js';
import {measure, type Measurements} from './measure.js';
import {readOptions, USAGE, type Options} from './options.js';
import {
  renderDocument,
  machineSection,
  mergeResults,
  rowsSection,
  type Results,
  type RowResult,
} from './results.js';
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

const log = (text: string): void => void process.stderr.write(`${text}\n`);

const readJson = <T>(path: string): T | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;

/** Real images where they are, else drawings of about their size. */
async function findData({data}: Options, scratch: string): Promise<string> {
  const sharedImages = join(SHARED, 'data', 'hymenoptera');
  if (data !== undefined) return resolve(data);
  if (existsSync(sharedImages)) return sharedImages;
  log(
    'There are no images in ../shared/data/hymenoptera and none were given by --data: images are drawn.',
  );
  const generated = join(scratch, 'drawn');
  await drawDemoSet(join(generated, 'train'), {seed: 1, perClass: 60, size: 480});
  await drawDemoSet(join(generated, 'val'), {seed: 2, perClass: 40, size: 480});
  return generated;
}

function findWeights({weights}: Options): string | undefined {
  const shared = join(SHARED, 'weights', 'resnet50-imagenet-keras-stage3.safetensors');
  return weights !== undefined ? resolve(weights) : existsSync(shared) ? shared : undefined;
}

/** Why a row is not measured, or why a side of it is not. */
function reasonNotMeasured(
  row: Row,
  setup: BenchSetup,
  flags: readonly string[],
): string | undefined {
  if (row.needs === 'weights' && setup.weights === undefined)
    return 'The stage-3 weights of Keras’ ResNet-50 are missing. Name the file by --weights.';
  if (row.needs === 'avx512_bf16' && !flags.includes(row.needs))
    return `This processor has no ${row.needs}.`;
  return row.pending;
}

/** Each side of some rows once, ours first. */
function sidesOf(rows: readonly Row[], hasTorch: boolean): SideSpec[] {
  const sides = new Map(
    rows.flatMap(({ours, peer}) => [ours, peer]).map(side => [keyOf(side), side]),
  );
  return [...sides.values()]
    .filter(({by}) => by === 'ours' || hasTorch)
    .sort((a, b) => (a.by < b.by ? -1 : a.by > b.by ? 1 : 0));
}

/** Measures the rows of one group. */
async function measureGroup(
  rows: readonly Row[],
  repeats: number,
  setup: BenchSetup,
  hasTorch: boolean,
): Promise<Measurements> {
  log(`\n${rows.map(({name}) => name).join(', ')}`);
  const repeatCount = Math.min(
    repeats,
    ...rows.map(({maxRepeats: mostRepeats = repeats}) => mostRepeats),
  );
  const measured = await measure(
    sidesOf(rows, hasTorch),
    repeatCount,
    async spec => {
      log(`  ${keyOf(spec)} starts`);
      return openSide(spec, setup);
    },
    (spec, reading) => log(`  ${keyOf(spec)} ${JSON.stringify(reading)}`),
  );
  for (const text of [...measured.failures.values(), ...measured.disturbances]) log(`  ${text}`);
  return measured;
}

function resultOf(
  {name, ours, peer}: Row,
  {readings, failures}: Measurements,
  date: string,
  torchMissing: string | undefined,
): RowResult {
  const [ownReadings, peerReadings] = [readings.get(keyOf(ours)), readings.get(keyOf(peer))];
  const missing =
    failures.get(keyOf(ours)) ??
    failures.get(keyOf(peer)) ??
    (peerReadings === undefined ? torchMissing : undefined);
  return {
    name,
    date,
    ...(ownReadings !== undefined && {ours: ownReadings}),
    ...(peerReadings !== undefined && {peer: peerReadings}),
    ...(missing !== undefined && {missing}),
  };
}

async function measureAll(options: Options, setup: BenchSetup, command: string): Promise<Results> {
  const torch = await torchVersions(options.python);
  const torchMissing = typeof torch === 'string' ? torch : undefined;
  if (torchMissing !== undefined) log(torchMissing);
  const machine = describeMachine({
    ...(await backendVersions(setup)),
    ...(typeof torch === 'string' ? {} : torch),
  });
  const date = new Date().toISOString().slice(0, 10);
  const rowResults: RowResult[] = [];
  for (const group of new Set(options.rows.map(row => row.group))) {
    const rows = options.rows.filter(row => row.group === group);
    const measurable = rows.filter(
      row => reasonNotMeasured(row, setup, machine.flags) === undefined,
    );
    for (const row of rows.filter(row => !measurable.includes(row))) {
      rowResults.push({
        name: row.name,
        date,
        missing: reasonNotMeasured(row, setup, machine.flags)!,
      });
    }
    if (measurable.length === 0) continue;
    const measured = await measureGroup(
      measurable,
      options.repeats,
      setup,
      torchMissing === undefined,
    );
    rowResults.push(...measurable.map(row => resultOf(row, measured, date, torchMissing)));
  }
  return {machine, command, rows: rowResults};
}

/** Without the folders of one machine. */
const commandOf = (args: readonly string[]): string =>
  [
    'npm run bench',
    ...(args.length > 0 ? ['--'] : []),
    ...args.map(arg => (isAbsolute(arg) ? basename(arg) : arg)),
  ].join(' ');

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const scratch = mkdtempSync(join(tmpdir(), 'finetune-bench-'));
  try {
    const weights = findWeights(options);
    const setup: BenchSetup = {
      data: await findData(options, scratch),
      ...(weights !== undefined && {weights}),
      threads: options.threads,
      pinning: await pinToCores(options.threads),
      python: options.python,
      scratch,
    };
    const fresh = await measureAll(options, setup, commandOf(args));
    const results = mergeResults(readJson<Results>(RESULTS), fresh);
    writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
    writeFileSync(TABLE, renderDocument(SECTIONS.map(section => section(results))));
    process.stdout.write(`${rowsSection(options.rows, fresh, {})}\n\n${TABLE}\n`);
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
}

process.on('SIGINT', () => process.exit(130));
await main(process.argv.slice(2)).catch((error: Error) => {
  log(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
