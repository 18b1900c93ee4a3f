import {isDeepStrictEqual} from 'node:util';
import type {DifferingSetting} from '../../report/comparison/run-comparison.js';
import type {Setting} from '../../report/run-record.js';
import {keysOf} from '../options/options.js';
import type {RunToCompare} from './compared-runs.js';

/** Options on which no result depends. */
const IGNORED: ReadonlySet<string> = new Set([
  ...keysOf(({mayChangeOnResume}) => mayChangeOnResume === true),
  ...['out', 'overwrite'],
]);
/** Options that may change on resume, but are worth knowing. */
const KEPT: ReadonlySet<string> = new Set(['backend', 'device']);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects with distinct names, such as phases, by name. */
function byName(values: readonly unknown[]): Readonly<Record<string, unknown>> | undefined {
  const named = values.flatMap((value): [string, object][] => {
    if (!isObject(value) || typeof value.name !== 'string') return [];
    const {name, ...rest} = value;
    return [[name, rest]];
  });
  const isNamed = named.length === values.length && new Map(named).size === values.length;
  return isNamed && values.length > 0 ? Object.fromEntries(named) : undefined;
}

/** The values in a value, by path. */
function flatten(path: string, value: unknown): [path: string, value: unknown][] {
  const object = Array.isArray(value) ? byName(value) : isObject(value) ? value : undefined;
  if (object === undefined || Object.keys(object).length === 0) return [[path, value]];
  return Object.entries(object).flatMap(([key, inner]) => flatten(`${path}.${key}`, inner));
}

const flattenSettings = (settings: readonly Setting[]): ReadonlyMap<string, unknown> =>
  new Map(
    settings
      .filter(({name}) => !IGNORED.has(name) || KEPT.has(name))
      .flatMap(({name, value}) => flatten(name, value)),
  );

/** Settings that are not the same in all runs, in the order of the options. */
export function differingSettings(
  runs: readonly Pick<RunToCompare, 'name' | 'record'>[],
): DifferingSetting[] {
  const flat = runs.map(({record}) => flattenSettings(record.settings));
  const paths = [...new Set(flat.flatMap(values => [...values.keys()]))];
  // A layer group that is frozen in a phase is like one without that phase.
  const valueOf = (values: ReadonlyMap<string, unknown>, path: string): unknown =>
    values.get(path) ?? null;
  return paths
    .filter(path =>
      flat.some(values => !isDeepStrictEqual(valueOf(values, path), valueOf(flat[0]!, path))),
    )
    .map(path => ({
      path,
      values: Object.fromEntries(
        flat.flatMap((values, i) => (values.has(path) ? [[runs[i]!.name, values.get(path)]] : [])),
      ),
    }));
}
