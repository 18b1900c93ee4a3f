/** Source of an effective value, highest precedence first. */
export type OptionOrigin = 'flag' | 'environment' | 'recipe file' | 'recommended' | 'default';

/** Option values by camelCase key. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** Options from one source. */
export interface OptionSource<Values extends object = OptionValues> {
  readonly source: OptionOrigin;
  readonly values: Values;
}

/** Effective values and the source of each. */
export interface MergedOptions<Values extends object = OptionValues> {
  readonly values: Values;
  readonly sources: Readonly<Record<string, OptionOrigin>>;
}

/** Takes each value from the source with the highest precedence that sets it. @param optionSources highest precedence first */
export function mergeOptions<Values extends object>(
  optionSources: readonly OptionSource<Values>[],
): MergedOptions<Values> {
  const values: Record<string, unknown> = {};
  const sources: Record<string, OptionOrigin> = {};
  for (const {source, values: given} of [...optionSources].reverse()) {
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined) continue;
      values[key] = value;
      sources[key] = source;
    }
  }
  return {values: values as Values, sources};
}

/** Source of lowest precedence: the defaults of an option table. */
export const defaultsOf = (
  options: Readonly<Record<string, {readonly default?: unknown}>>,
): OptionSource => ({
  source: 'default',
  values: Object.fromEntries(
    Object.entries(options).flatMap(([key, {default: value}]) =>
      value === undefined ? [] : [[key, value]],
    ),
  ),
});
