import {availableParallelism} from 'node:os';
import {parseArgs} from 'node:util';
import {ROWS, type Row} from './rows.js';

export interface Options {
  readonly rows: readonly Row[];
  readonly repeats: number;
  readonly threads: number;
  readonly python: string;
  readonly data?: string;
  readonly weights?: string;
}

export const USAGE = `npm run bench -- [--rows NAME,...] [--repeats 5] [--threads N] [--python python3] [--data DIR] [--weights FILE]

  --rows     some of: ${ROWS.map(({name}) => name).join(', ')}; a name's beginning stands for all that begin so
  --repeats  readings of each side
  --threads  that compute, and images decoded at a time; one for each core unless given
  --python   one with torch and torchvision
  --data     a folder with train and val, a folder a class in each
  --weights  resnet50-imagenet-keras-stage3.safetensors`;

/** @throws Error for a name that no row begins with */
export function selectRows(filter: string | undefined): readonly Row[] {
  if (filter === undefined) return ROWS;
  const names = filter.split(',').filter(name => name !== '');
  for (const name of names) {
    if (ROWS.some(row => row.name.startsWith(name))) continue;
    throw new Error(
      `There is no row "${name}" for --rows. Give some of ${ROWS.map(row => row.name).join(', ')}.`,
    );
  }
  const isExactName = (name: string): boolean => ROWS.some(row => row.name === name);
  return ROWS.filter(row =>
    names.some(name => (isExactName(name) ? row.name === name : row.name.startsWith(name))),
  );
}

function parseWholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} is "${text}". Give a whole number from 1 up.`);
  return value;
}

/** @throws Error for what is not understood */
export function readOptions(args: readonly string[]): Options {
  const text = {type: 'string'} as const;
  const {values} = parseArgs({
    args: [...args],
    options: {rows: text, repeats: text, threads: text, python: text, data: text, weights: text},
  });
  const {
    rows,
    repeats = '5',
    threads = String(availableParallelism()),
    python = 'python3',
    data,
    weights,
  } = values;
  return {
    rows: selectRows(rows),
    repeats: parseWholeNumber('repeats', repeats),
    threads: parseWholeNumber('threads', threads),
    python,
    ...(data !== undefined && {data}),
    ...(weights !== undefined && {weights}),
  };
}
