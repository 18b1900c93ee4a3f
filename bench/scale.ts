import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {availableParallelism, cpus, tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs, promisify} from 'node:util';
import {formatInteger} from '../src/core/text/format-count.js';
import {makeImages} from './make-images.js';
import {STAGE_NAMES, type StageMeasurement} from './scale-stage.js';

// How the time and the memory of a dataset's stages grow: node dist/bench/scale.js [--sizes 1000,10000,100000] [--work DIR]

const STAGE = fileURLToPath(new URL('scale-stage.js', import.meta.url));
const CLASSES = 200;
/** Together the look at a dataset that `finetune check` takes; `check` splits as well. */
const CHECK_STAGES = ['list', 'check'];

const formatThousands = (count: number): string => `${count / 1000}k`;

/** One stage in a process of its own, so that its memory is its own. */
async function measure(stage: string, directory: string, cache: string): Promise<StageMeasurement> {
  const {stdout} = await promisify(execFile)(process.execPath, [STAGE, stage, directory, cache]);
  return JSON.parse(stdout) as StageMeasurement;
}

/** Every stage on one size, in the order of a run: the second epoch finds what the first has left. */
async function measureAll(
  images: number,
  work: string,
): Promise<ReadonlyMap<string, StageMeasurement>> {
  const directory = join(work, `scale-${formatThousands(images)}`);
  if (!existsSync(directory))
    await makeImages({directory, images, classes: CLASSES, side: 64, seed: 1});
  const cache = await mkdtemp(join(work, 'scale-cache-'));
  const measured = new Map<string, StageMeasurement>();
  try {
    for (const stage of STAGE_NAMES) measured.set(stage, await measure(stage, directory, cache));
  } finally {
    await rm(cache, {recursive: true});
  }
  return measured;
}

const cell = ({images, seconds, cpuSeconds, peak, growth}: StageMeasurement): string =>
  [
    `${seconds.toFixed(seconds < 10 ? 2 : 1)} s (${cpuSeconds.toFixed(1)} CPU)`,
    `${formatInteger(Math.round(images / seconds))}/s`,
    `${Math.round(peak)} MiB${growth === undefined ? '' : ` (${growth < 0 ? '' : '+'}${growth.toFixed(0)})`}`,
  ].join(', ');

const sumMeasurements = (measurements: readonly StageMeasurement[]): StageMeasurement => ({
  images: measurements[0]!.images,
  seconds: measurements.reduce((sum, {seconds}) => sum + seconds, 0),
  cpuSeconds: measurements.reduce((sum, {cpuSeconds}) => sum + cpuSeconds, 0),
  peak: Math.max(...measurements.map(({peak}) => peak)),
});

function table(columns: ReadonlyMap<number, ReadonlyMap<string, StageMeasurement>>): string {
  const row = (
    name: string,
    of: (stages: ReadonlyMap<string, StageMeasurement>) => StageMeasurement,
  ): string =>
    `| ${[name, ...[...columns.values()].map(stages => cell(of(stages)))].join(' | ')} |`;
  return [
    `| stage | ${[...columns.keys()].map(formatThousands).join(' | ')} |`,
    `| --- |${' --- |'.repeat(columns.size)}`,
    ...STAGE_NAMES.map(name => row(name, stages => stages.get(name)!)),
    row(`**${CHECK_STAGES.join(' + ')}**`, stages =>
      sumMeasurements(CHECK_STAGES.map(name => stages.get(name)!)),
    ),
  ].join('\n');
}

const {values} = parseArgs({
  options: {
    sizes: {type: 'string', default: '1000,10000,100000'},
    work: {type: 'string', default: tmpdir()},
  },
});
const columns = new Map<number, ReadonlyMap<string, StageMeasurement>>();
for (const size of values.sizes.split(',').map(Number))
  columns.set(size, await measureAll(size, values.work));
console.log(
  `${CLASSES} classes of 64-pixel JPEGs; ${availableParallelism()} cores of ${cpus()[0]!.model.trim()}, Node ${process.version}.`,
);
console.log(
  'Of each stage: time, images a second, most memory of its process (and its growth over the second half of an epoch).\n',
);
console.log(table(columns));
