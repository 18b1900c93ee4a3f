import {UsageError} from '../core/errors.js';
import {redactUrls} from '../core/text/redact-url.js';
import {usableMemory} from '../core/system-resources.js';
import type {ImageFolder, ImageFolderOptions} from '../datasets/sample.js';
import type {FinetuneOptions} from '../finetune/finetune-options.js';
import type {RecipeInput} from '../finetune/recipe/recipe.js';
import {
  computeDatasetStats,
  mergeRecipe,
  type ResolvedRecipe,
} from '../finetune/recipe/resolve-recipe.js';
import {nextRunDirectory, newestRunDirectory} from '../finetune/run/run-directory.js';
import {formatCount} from '../report/format.js';
import type {CommandInput} from './command.js';
import {toFolderOptions} from './options/folder-options.js';
import {mergeOptions, type OptionSource} from './options/option-sources.js';
import {
  ALL_OPTIONS,
  CONSOLE_OPTIONS,
  HELP_GROUPS,
  RECIPE_OPTIONS,
  RUN_OPTIONS,
  type OptionSchemas,
} from './options/option-schema.js';
import type {OptionValues} from './options/read-values.js';
import {resolveResumedRun} from './resume.js';
import {toKebabCase, quoted} from './terminal/format.js';

/** Values of `runSchema` and `consoleSchema`, which have checked them. */
interface RunValues {
  readonly data?: string;
  readonly valData?: string;
  readonly testData?: string;
  readonly maxPerClass?: number;
  readonly folds?: number;
  readonly classes?: string;
  readonly exclude?: string;
  readonly pathColumn?: string;
  readonly labelColumn?: string;
  readonly followLinks?: boolean;
  readonly out?: string;
  readonly overwrite: boolean;
  readonly backend: NonNullable<FinetuneOptions['backend']>;
  readonly device: NonNullable<FinetuneOptions['device']>;
  readonly workers?: number;
  readonly offline: boolean;
  readonly assertAccuracy?: number;
  readonly resume?: string;
  readonly verbose: boolean;
}

/** The part of every layer that speaks of some options. */
const selectOptions = (
  options: OptionSchemas,
  optionSources: readonly OptionSource[],
): OptionSource[] =>
  optionSources.map(({source, values}) => ({
    source,
    values: Object.fromEntries(Object.entries(values).filter(([key]) => key in options)),
  }));

/** Where runs are written is decided anew each time; everything else belongs to the run. */
const RECORDED_OPTIONS: OptionSchemas = Object.fromEntries(
  Object.entries(RUN_OPTIONS).filter(([key]) => key !== 'out' && key !== 'overwrite'),
);

const MISSING_DATA_MESSAGE = [
  'Expected a folder of images, but found none. Say one of these:',
  '  finetune DIR            fine-tune on a folder of images',
  '  finetune check DIR      find what is wrong with it',
  '  finetune predict IMAGE  classify by the newest model',
  '  finetune demo           try it without images',
  '  finetune --help         everything else',
].join('\n');

/** A run as it was asked for, before its images are known. */
export class RunPlan {
  readonly values: RunValues & {readonly data: string};
  /** Directory of the interrupted run that goes on. */
  readonly resumed: string | undefined;
  readonly #optionSources: readonly OptionSource[];

  /** @throws UsageError (exit 2) without images, or for a run that cannot be resumed */
  constructor(private readonly input: CommandInput) {
    const {resume} = input.values as Partial<RunValues>;
    const resumed =
      resume === undefined ? undefined : resolveResumedRun(resume, input.optionSources);
    this.resumed = resumed?.run;
    this.#optionSources = resumed?.optionSources ?? input.optionSources;
    const values = mergeOptions(this.#optionSources, ALL_OPTIONS).values as unknown as RunValues;
    if (values.data === undefined) {
      throw new UsageError(MISSING_DATA_MESSAGE);
    }
    this.values = {...values, data: values.data};
  }

  /** @throws UsageError (exit 2) for a list that cannot be read */
  get folderOptions(): ImageFolderOptions {
    const {seed} = this.requested;
    return toFolderOptions({...this.values, ...(seed !== undefined && {seed})});
  }

  /** What was said of the recipe. */
  get requested(): RecipeInput {
    return mergeOptions(selectOptions(RECIPE_OPTIONS, this.#optionSources), {})
      .values as RecipeInput;
  }

  /** The recipe for these images. @throws UsageError (exit 2) for phases that cannot be trained */
  resolve(folder: ImageFolder, gpu: boolean): ResolvedRecipe {
    const optionSources = selectOptions(RECIPE_OPTIONS, this.#optionSources) as readonly {
      readonly source: OptionSource['source'];
      readonly values: RecipeInput;
    }[];
    return mergeRecipe(
      optionSources,
      computeDatasetStats(folder, this.requested, gpu),
      usableMemory(),
    );
  }

  /** Where the run writes. */
  chooseDirectory(arch: string): string {
    const {data, out, overwrite} = this.values;
    return (
      this.resumed ??
      out ??
      (overwrite ? newestRunDirectory(data, arch) : nextRunDirectory(data, arch))
    );
  }

  /** What the library needs to know beside the recipe. */
  finetuneOptions(
    out: string,
    sources: ResolvedRecipe['sources'],
    backendSeconds: number,
  ): FinetuneOptions {
    const {overwrite, backend, device, offline, workers} = this.values;
    const run = mergeOptions(
      selectOptions(RECORDED_OPTIONS, this.#optionSources),
      RECORDED_OPTIONS,
    );
    return {
      ...{out, overwrite, resume: this.resumed !== undefined, backend, device, offline},
      ...(workers !== undefined && {workers}),
      settings: {
        options: run.values,
        sources: {...run.sources, ...sources},
        command: ['finetune', ...this.input.args].map(redactUrls).map(quoted).join(' '),
        backendSeconds,
      },
    };
  }

  /** Everything in force and where it came from, in the order of the help: name, value, source. */
  optionRows({recipe, sources}: ResolvedRecipe, out: string): string[][] {
    const schemas = {...RUN_OPTIONS, ...CONSOLE_OPTIONS};
    const run = mergeOptions(selectOptions(schemas, this.#optionSources), schemas);
    const phases = recipe.freeze
      .map(({name, epochs}) => `${name} (${formatCount(epochs, 'epoch')})`)
      .join(', ');
    const values: OptionValues = {...run.values, ...recipe, freeze: phases, out};
    const origins: Readonly<Record<string, string>> = {out: 'default', ...run.sources, ...sources};
    const formatValue = (value: unknown): string =>
      typeof value === 'string' ? value : JSON.stringify(value);
    const keys = Object.values(HELP_GROUPS).flat();
    return keys
      .filter(key => values[key] !== undefined)
      .map(key => [toKebabCase(key), formatValue(values[key]), origins[key] ?? 'default']);
  }
}
