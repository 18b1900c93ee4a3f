import {runInNewContext} from 'node:vm';
import {defineError, UsageError, errorMessage} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import type {ImageFolder, Sample} from '../sample.js';

/** Thrown if the images cannot be grouped by the value of `--group-by`. */
export class GroupByError extends defineError(
  UsageError,
  'INVALID_GROUP_BY',
  (
    {criterion}: {criterion: string},
    /** A clause about the option. */
    {problem}: {problem: string},
  ) =>
    `--group-by ${criterion} ${problem}. Use near-duplicates, exact-duplicates, folder:2 or '(patient\\d+)_'.`,
) {}

/** Groups of images that must stay in one split. */
export interface Grouping {
  /** Key of an image's group; undefined if only exact duplicates stay together. */
  readonly groupOf?: (sample: Sample) => string;
  readonly findings: readonly Finding[];
}

/** Timeout of matching. A pattern may backtrack exponentially. */
const MATCH_TIMEOUT_MS = 5_000;

/** The captures of a pattern in each name, concatenated; null if it does not match. */
function matchNames(pattern: string, names: readonly string[]): (string | null)[] {
  try {
    const found = runInNewContext(
      `const regex = new RegExp(pattern, 'u');
       JSON.stringify({count: new RegExp(pattern + '|', 'u').exec('').length - 1, captures: names.map(name => regex.exec(name)?.slice(1).join('\\0') ?? null)})`,
      {pattern, names},
      {timeout: MATCH_TIMEOUT_MS},
    ) as string;
    const {count, captures} = JSON.parse(found) as {count: number; captures: (string | null)[]};
    if (count === 0)
      throw new GroupByError({criterion: pattern}, {problem: 'has no group in parentheses'});
    return captures;
  } catch (error) {
    if (error instanceof GroupByError) throw error;
    const isSlow = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    throw new GroupByError(
      {criterion: pattern},
      {
        problem: isSlow
          ? 'takes more than 5 s to match the names'
          : `is no regular expression: ${errorMessage(error)}`,
      },
    );
  }
}

/** Groups images by the captures of a pattern in their names. Each image that does not match is its own group. @throws GroupByError */
function groupByPattern(pattern: string, samples: readonly Sample[]): Grouping {
  const captures = matchNames(
    pattern,
    samples.map(({name}) => name),
  );
  const byName = new Map(samples.map(({name}, i) => [name, captures[i]!]));
  const unmatched = samples.filter(({name}) => byName.get(name) === null).map(({name}) => name);
  if (unmatched.length === samples.length)
    throw new GroupByError(
      {criterion: pattern},
      {problem: `matches none of the names, such as ${unmatched[0]}`},
    );
  if (new Set(captures).size < 2)
    throw new GroupByError(
      {criterion: pattern},
      {problem: 'puts all names into one group, and two are the least'},
    );
  const finding: Finding = {
    code: 'ungrouped',
    severity: 'warning',
    message: `--group-by ${pattern} does not match ${unmatched.length} of ${samples.length} names, such as ${unmatched[0]}; each is a group of its own.`,
    files: unmatched,
  };
  // Names never contain a NUL, so captures cannot collide with names.
  return {
    groupOf: ({name}) => (byName.get(name) === null ? name : `\0${byName.get(name)}`),
    findings: unmatched.length === 0 ? [] : [finding],
  };
}

/** Groups images by the first `depth` folders of their names. @throws GroupByError */
function groupByFolder(criterion: string, depth: number, samples: readonly Sample[]): Grouping {
  const groupOf = ({name}: Sample): string =>
    name.split('/').slice(0, -1).slice(0, depth).join('/');
  if (new Set(samples.map(groupOf)).size < 2)
    throw new GroupByError({criterion}, {problem: 'finds only one folder, and two are the least'});
  return {groupOf, findings: []};
}

/**
 * Creates the grouping for `--group-by`. Exact duplicates always stay together; near-duplicates do, except for `exact-duplicates`.
 * `folder:DEPTH` also groups by folder at a depth below the root (`folder:2` is `<class>/<folder>`). Other values are regular expressions,
 * which group by their captures in the names.
 *
 * @throws GroupByError
 */
export function createGrouping(criterion: string, samples: readonly Sample[]): Grouping {
  if (criterion === 'exact-duplicates' || criterion === 'near-duplicates') return {findings: []};
  const depth = /^folder:([1-9]\d?)$/.exec(criterion);
  return depth === null
    ? groupByPattern(criterion, samples)
    : groupByFolder(criterion, Number(depth[1]), samples);
}

/** Findings about groups that span a folder's own splits: train-test leakage. */
export function groupLeakageFindings(
  {samples, validation = [], test = []}: ImageFolder,
  groupOf: (sample: Sample) => string,
): Finding[] {
  const trained = groupBy(samples, groupOf);
  const shared = [...groupBy([...validation, ...test], groupOf)].filter(([group]) =>
    trained.has(group),
  );
  const evaluated = shared.flatMap(([, ofGroup]) => ofGroup);
  const [first] = evaluated;
  if (first === undefined) return [];
  const which =
    evaluated.length === 1
      ? '1 image for validation or test is'
      : `${evaluated.length} images for validation or test are`;
  const groups = shared.map(([group, ofGroup]) =>
    [...ofGroup, ...trained.get(group)!].map(({name}) => name),
  );
  return [
    {
      code: 'group-leakage',
      severity: 'warning',
      message:
        `${which} of a group that is in training too, such as ${first.name} and ${trained.get(groupOf(first))![0]!.name}: ` +
        `the folder's own splits divide groups. Metrics will be optimistic.`,
      files: groups.flat(),
      groups,
    },
  ];
}
