import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join, resolve} from 'node:path';
import {parseArgs} from 'node:util';
import {startBackend} from '../src/backend/runtime/runtime.js';
import {groupBy} from '../src/core/group-by.js';
import {createRng, shuffle} from '../src/core/rng.js';
import {FeatureTable} from '../src/training/features/feature-table.js';
import {createFeatureMatrix} from '../src/training/head-solver/feature-matrix.js';
import {solveHead, type SolvedHead} from '../src/training/head-solver/solve-head.js';
import {ROOT} from './commands.js';

// Solved heads against scikit-learn's logistic regression, on the same rows of the same splits:
// finetune features DIR --out DIR.npy
// node dist/bench/heads.js [--python python3] [--splits 20] [--most 5000 training images] FEATURES.npy...

/** Share of the images of each class that a split holds out. */
const HELD_OUT = 0.2;

/** Indices of training and validation images. */
type Split = readonly [train: readonly number[], validation: readonly number[]];

interface Score {
  readonly accuracy: number;
  readonly loss: number;
  readonly seconds: number;
}

interface Features {
  readonly path: string;
  readonly width: number;
  readonly labels: Int32Array;
  readonly classes: number;
  /** `[images, width]` */
  readonly rows: Float32Array;
}

/** Reads what `finetune features` wrote. */
function readFeatures(path: string): Features {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  const rows = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length),
  );
  const names = readFileSync(path.replace(/\.npy$/, '-names.csv'), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1);
  const classOf = names.map(line => line.slice(line.lastIndexOf(',') + 1));
  const classNames = [...new Set(classOf)];
  return {
    ...{path: resolve(path), width: rows.length / names.length, rows, classes: classNames.length},
    labels: Int32Array.from(classOf, name => classNames.indexOf(name)),
  };
}

/** Holds out images class by class, and caps the training images. */
function drawSplit(labels: Int32Array, seed: number, most: number): Split {
  const [train, validation]: [number[], number[]] = [[], []];
  const share = Math.min(1, most / (labels.length * (1 - HELD_OUT)));
  for (const [label, members] of groupBy(labels.keys(), index => labels[index]!)) {
    const order = shuffle(members, createRng(seed, 'bench heads', label));
    const heldOut = Math.max(1, Math.round(HELD_OUT * order.length));
    validation.push(...order.slice(0, heldOut));
    train.push(...order.slice(heldOut, heldOut + Math.round(share * (order.length - heldOut))));
  }
  return [train, validation];
}

function score(
  {rows, width, labels}: Features,
  validation: readonly number[],
  head: SolvedHead,
): Omit<Score, 'seconds'> {
  let [correct, loss] = [0, 0];
  for (const index of validation) {
    const row = rows.subarray(index * width, (index + 1) * width);
    const logits = Array.from(head.bias, (bias, k) =>
      row.reduce((sum, x, column) => sum + x * head.weight[k * width + column]!, bias),
    );
    const highest = Math.max(...logits);
    const label = labels[index]!;
    if (logits[label] === highest) correct++;
    loss +=
      highest -
      logits[label]! +
      Math.log(logits.reduce((sum, z) => sum + Math.exp(z - highest), 0));
  }
  return {accuracy: correct / validation.length, loss: loss / validation.length};
}

async function solveSplit(
  features: Features,
  [train, validation]: Split,
  seed: number,
): Promise<Score> {
  const startTime = performance.now();
  const {rows, width, labels, classes} = features;
  const table = new FeatureTable(1, [width], train.length, [
    {
      copy: (index, into, at) =>
        into.set(rows.subarray(train[index]! * width, (train[index]! + 1) * width), at),
      close: async () => {},
    },
  ]);
  const matrix = await createFeatureMatrix(table, 1);
  const head = await solveHead(matrix, {
    labels: Int32Array.from(train, index => labels[index]!),
    classes,
    weights: new Float64Array(train.length).fill(1),
    labelSmoothing: 0,
    groups: train,
    seed,
  }).finally(() => matrix.dispose());
  const seconds = (performance.now() - startTime) / 1000;
  return {...score(features, validation, head), seconds};
}

/** scikit-learn's scores by method. */
function askPeer(
  python: string,
  job: string,
  {path, labels}: Features,
  splits: readonly Split[],
): Map<string, Score[]> {
  writeFileSync(job, JSON.stringify({features: path, labels: [...labels], splits}));
  const script = join(ROOT, 'bench', 'scikit-learn', 'heads.py');
  const output = execFileSync(python, [script, job], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first, ...lines] = output.trim().split('\n');
  console.error(`scikit-learn ${(JSON.parse(first!) as {version: string}).version}`);
  const scores = lines.map(line => JSON.parse(line) as Score & {method: string});
  return groupBy(scores, ({method}) => method);
}

/** `81.2 ± 0.4`: mean and standard error. */
function formatMean(values: readonly number[], digits: number): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(squares / (values.length - 1) / values.length);
  return `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`;
}

function formatRow(
  name: string,
  method: string,
  scores: readonly Score[],
  ours: readonly Score[],
): string {
  const percent = scores.map(({accuracy}) => 100 * accuracy);
  const gains = percent.map((value, i) => 100 * ours[i]!.accuracy - value);
  const seconds = scores.reduce((sum, each) => sum + each.seconds, 0) / scores.length;
  const cells = [
    ...[name, method, String(scores.length), formatMean(percent, 1)],
    scores === ours ? '' : formatMean(gains, 1),
    ...[
      formatMean(
        scores.map(({loss}) => loss),
        3,
      ),
      seconds.toFixed(1),
    ],
  ];
  return `| ${cells.join(' | ')} |`;
}

const text = {type: 'string'} as const;
const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    python: {...text, default: 'python3'},
    splits: {...text, default: '20'},
    most: {...text, default: '5000'},
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'finetune-heads-'));
await startBackend();
console.log(
  '| features, training images | head | splits | accuracy, % | ours above it | loss | seconds |\n' +
    '| --- | --- | --- | --- | --- | --- | --- |',
);
for (const path of positionals) {
  const features = readFeatures(path);
  const splits = Array.from({length: Number(values.splits)}, (_, seed) =>
    drawSplit(features.labels, seed, Number(values.most)),
  );
  const ours: Score[] = [];
  for (const [seed, split] of splits.entries()) ours.push(await solveSplit(features, split, seed));
  const name = `${basename(path, '.npy')}, ${splits[0]![0].length}`;
  console.log(formatRow(name, 'solved', ours, ours));
  for (const [method, scores] of askPeer(
    values.python,
    join(scratch, 'job.json'),
    features,
    splits,
  ))
    console.log(formatRow(name, `scikit-learn, ${method}`, scores, ours));
}
rmSync(scratch, {recursive: true});
