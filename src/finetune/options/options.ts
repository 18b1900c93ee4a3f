import {DATA_OPTIONS} from './data-options.js';
import {MODEL_OPTIONS} from './model-options.js';
import type {OptionRow, ValueOf} from './option.js';
import {OUTPUT_OPTIONS, RUN_OPTIONS} from './run-options.js';
import {TRAINING_OPTIONS} from './training-options.js';

/** Options by heading of the help. */
export const OPTION_GROUPS = {
  Data: DATA_OPTIONS,
  Model: MODEL_OPTIONS,
  Training: TRAINING_OPTIONS,
  Run: RUN_OPTIONS,
  Output: OUTPUT_OPTIONS,
} as const;

/**
 * All options, one row each, in the order of the help. The type `Recipe`, the JSON Schema, flags, environment variables, `finetune init`
 * and docs/options.md are derived from it.
 */
export const OPTIONS = {
  ...DATA_OPTIONS,
  ...MODEL_OPTIONS,
  ...TRAINING_OPTIONS,
  ...RUN_OPTIONS,
  ...OUTPUT_OPTIONS,
} as const satisfies Readonly<Record<string, OptionRow>>;

type Rows = typeof OPTIONS;
type Scope = OptionRow['scope'];

/** Keys of the options in a scope. */
export type OptionKey<Of extends Scope = Scope> = {
  [Key in keyof Rows]: Rows[Key]['scope'] extends Of ? Key : never;
}[keyof Rows];

/** Key of an option that always has a value: it has a default or is recommended. */
type AlwaysSet<Key extends keyof Rows> = Rows[Key] extends
  {readonly default: unknown} | {readonly isRecommended: true}
  ? Key
  : never;

/** Values of a scope as given by the user; all are optional. */
export type GivenValues<Of extends Scope> = {
  readonly [Key in keyof Rows as Key extends OptionKey<Of> ? Key : never]?: ValueOf<Rows[Key]>;
};

/** Values of a scope with defaults and recommendations filled in. */
export type FilledValues<Of extends Scope> = {
  readonly [Key in keyof Rows as Key extends OptionKey<Of> ? AlwaysSet<Key> : never]: ValueOf<
    Rows[Key]
  >;
} & {
  readonly [
    Key in keyof Rows as Key extends OptionKey<Of> ? Exclude<Key, AlwaysSet<Key>> : never
  ]?: ValueOf<Rows[Key]>;
};

/** Options that satisfy a condition. */
export const selectOptions = (
  condition: (row: OptionRow, key: string) => boolean,
): Readonly<Record<string, OptionRow>> =>
  Object.fromEntries(
    Object.entries<OptionRow>(OPTIONS).filter(([key, row]) => condition(row, key)),
  );

/** Keys of the options that satisfy a condition. */
export const keysOf = (condition: (row: OptionRow, key: string) => boolean): ReadonlySet<string> =>
  new Set(Object.keys(selectOptions(condition)));
