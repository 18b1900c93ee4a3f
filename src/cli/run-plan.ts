import {UsageError} from '../core/errors.js';
import {redactUrls} from '../core/text/redact-url.js';
import type {ImageFolder, ImageFolderOptions} from '../datasets/sample.js';
import type {FinetuneOptions} from '../finetune/finetune-options.js';
import {
  defaultsOf,
  mergeOptions,
  type MergedOptions,
  type OptionSource,
} from '../finetune/options/merge-options.js';
import {OPTIONS, selectOptions, type FilledValues} from '../finetune/options/options.js';
import {RECIPE_OPTIONS, type RecipeInput} from '../finetune/recipe/recipe.js';
import {mergeRecipeFor, type ResolvedRecipe} from '../finetune/recipe/resolve-recipe.js';
import {nextRunDirectory, newestRunDirectory} from '../finetune/run/run-directory.js';
import type {CommandInput} from './command.js';
import {readMlflow} from './environment/mlflow.js';
import {withTrainingChannel} from './environment/sagemaker.js';
import {toFolderOptions} from './options/folder-options.js';
import {AUTOMATIC, resolveResume} from './resume-auto.js';
import {quoted} from './terminal/format.js';

/** Option values that were validated when they were read. */
type RunValues = FilledValues<'run' | 'console'>;

/** Values of the given options, for every source. */
const pickValues = (options: object, optionSources: readonly OptionSource[]): OptionSource[] =>
  optionSources.map(({source, values}) => ({
    source,
    values: Object.fromEntries(Object.entries(values).filter(([key]) => key in options)),
  }));

/** Options that are recorded with the run. The output directory is chosen again for each run. */
const RECORDED_OPTIONS = selectOptions(
  ({scope}, key) => scope === 'run' && key !== 'out' && key !== 'overwrite',
);
const OTHER_OPTIONS = selectOptions(({scope}) => scope !== 'recipe');

const MISSING_DATA_MESSAGE = [
  'No folder of images is given. Run one of these:',
  '  finetune DIR            fine-tune on a folder of images',
  '  finetune check DIR      find what is wrong with it',
  '  finetune predict IMAGE  classify by the newest model',
  '  finetune demo           try it without images',
  '  finetune --help         everything else',
].join('\n');

/** A requested run whose images are not yet known. */
export class RunPlan {
  readonly values: RunValues & {readonly data: string};
  /** Directory of the interrupted run that is resumed. */
  readonly resumed: string | undefined;
  /** Whether the resumed run has ended already, so that nothing is left to train. */
  readonly isFinished: boolean;
  readonly #mlflow: FinetuneOptions['mlflow'];
  readonly #optionSources: readonly OptionSource[];

  /**
   * @param environment variables of trackers and platforms
   * @throws UsageError (exit 2) without images, if the run cannot be resumed, or if it cannot be tracked
   */
  constructor(
    private readonly input: CommandInput,
    environment: NodeJS.ProcessEnv = {},
  ) {
    const {resume} = input.values as Partial<RunValues>;
    const given = withTrainingChannel(input.optionSources, environment);
    const resumed = resolveResume(resume, given);
    this.resumed = resumed.run;
    this.isFinished = resumed.isFinished;
    this.#optionSources = resumed.optionSources;
    const values = mergeOptions([...this.#optionSources, defaultsOf(OTHER_OPTIONS)])
      .values as unknown as RunValues;
    if (values.data === undefined) throw new UsageError(MISSING_DATA_MESSAGE);
    this.values = {...values, data: values.data};
    this.#mlflow = readMlflow(environment, values);
  }

  /** @throws UsageError (exit 2) if the exclude list cannot be read */
  get folderOptions(): ImageFolderOptions {
    // The seed that the run records: a resumed run must select the same images.
    const {seed = OPTIONS.seed.default} = this.requested;
    return toFolderOptions({...this.values, seed});
  }

  /** Recipe options of every source, highest precedence first. */
  get recipeSources(): readonly OptionSource<RecipeInput>[] {
    return pickValues(RECIPE_OPTIONS, this.#optionSources);
  }

  /** Recipe options that were set explicitly. */
  get requested(): RecipeInput {
    return mergeOptions(this.recipeSources).values;
  }

  /** Arguments of the command, without passwords. */
  get args(): readonly string[] {
    return this.input.args.map(redactUrls);
  }

  /**
   * Resolves the recipe for these images.
   * @param recipeSources default: those of the run; a member of an ensemble has its own
   * @throws UsageError (exit 2) for phases that cannot be trained
   */
  resolve(folder: ImageFolder, gpu: boolean, recipeSources = this.recipeSources): ResolvedRecipe {
    return mergeRecipeFor(folder, recipeSources, gpu);
  }

  /** What `--resume auto` has found. */
  get resumeNote(): string | undefined {
    const {resumed, isFinished, values} = this;
    if (values.resume !== AUTOMATIC) return undefined;
    if (resumed === undefined) return 'there is no run to resume, so one is started';
    return isFinished ? `${resumed} has finished` : `continues the run in ${resumed}`;
  }

  /** Output directory of the run. */
  chooseDirectory(arch: string): string {
    const {data, out, overwrite} = this.values;
    return (
      this.resumed ??
      out ??
      (overwrite ? newestRunDirectory(data, arch) : nextRunDirectory(data, arch))
    );
  }

  /** Options of `finetune()` besides the recipe. */
  finetuneOptions(
    out: string,
    {sources, reasons}: Pick<ResolvedRecipe, 'sources' | 'reasons'>,
    backendSeconds: number,
  ): FinetuneOptions {
    const {overwrite, backend, device, offline, workers} = this.values;
    const run = this.#mergeWithDefaults(RECORDED_OPTIONS);
    return {
      ...{out, overwrite, resume: this.resumed !== undefined, backend, device, offline},
      ...(workers !== undefined && {workers}),
      ...(this.#mlflow && {mlflow: this.#mlflow}),
      settings: {
        options: run.values,
        sources: {...run.sources, ...sources},
        reasons,
        command: ['finetune', ...this.args].map(quoted).join(' '),
        backendSeconds,
      },
    };
  }

  #mergeWithDefaults(options: typeof OTHER_OPTIONS): MergedOptions {
    return mergeOptions([...pickValues(options, this.#optionSources), defaultsOf(options)]);
  }

  /** Options that are not part of a recipe, with their sources. */
  get otherOptions(): MergedOptions {
    return this.#mergeWithDefaults(OTHER_OPTIONS);
  }
}
