import {UsageError} from '../core/errors.js';
import {withoutSecrets} from '../core/public-address.js';
import {usableMemory} from '../core/resources.js';
import type {ImageFolder, ImageFolderOptions} from '../datasets/image-folder.js';
import type {FinetuneOptions} from '../finetune/finetune.js';
import type {RecipeInput} from '../finetune/recipe.js';
import {factsOf, resolveLayers, type ResolvedRecipe} from '../finetune/resolve-recipe.js';
import {freshRunDirectory, newestRunDirectory} from '../finetune/run-directory.js';
import {plural} from '../report/format.js';
import type {Request} from './action.js';
import {folderOptions} from './folder-options.js';
import {settle, type OptionLayer} from './layers.js';
import {ALL_OPTIONS, CONSOLE_OPTIONS, GROUPS, RECIPE_OPTIONS, RUN_OPTIONS, type OptionProperties} from './option-schema.js';
import type {Values} from './read-values.js';
import {resumedRun} from './resume.js';
import {kebab, quoted} from './words.js';

/** Values of `runSchema` and `consoleSchema`, which have checked them. */
interface RunValues {
  readonly data?: string;
  readonly valData?: string;
  readonly testData?: string;
  readonly limit?: number;
  readonly folds?: number;
  readonly classes?: string;
  readonly exclude?: string;
  readonly pathColumn?: string;
  readonly labelColumn?: string;
  readonly followLinks?: boolean;
  readonly out?: string;
  readonly overwrite: boolean;
  readonly engine: NonNullable<FinetuneOptions['engine']>;
  readonly device: NonNullable<FinetuneOptions['device']>;
  readonly workers?: number;
  readonly offline: boolean;
  readonly assertAccuracy?: number;
  readonly resume?: string;
  readonly verbose: boolean;
}

/** The part of every layer that speaks of some options. */
const about = (options: OptionProperties, layers: readonly OptionLayer[]): OptionLayer[] =>
  layers.map(({source, values}) => ({
    source,
    values: Object.fromEntries(Object.entries(values).filter(([key]) => key in options)),
  }));

/** Where runs are written is decided anew each time; everything else belongs to the run. */
const RECORDED: OptionProperties = Object.fromEntries(Object.entries(RUN_OPTIONS).filter(([key]) => key !== 'out' && key !== 'overwrite'));

const WITHOUT_DATA = [
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
  readonly #layers: readonly OptionLayer[];

  /** @throws UsageError (exit 2) without images, or for a run that cannot be resumed */
  constructor(private readonly request: Request) {
    const {resume} = request.values as Partial<RunValues>;
    const resumed = resume === undefined ? undefined : resumedRun(resume, request.layers);
    this.resumed = resumed?.run;
    this.#layers = resumed?.layers ?? request.layers;
    const values = settle(this.#layers, ALL_OPTIONS).values as unknown as RunValues;
    if (values.data === undefined) {
      throw new UsageError(WITHOUT_DATA);
    }
    this.values = {...values, data: values.data};
  }

  /** @throws UsageError (exit 2) for a list that cannot be read */
  get folderOptions(): ImageFolderOptions {
    const {seed} = this.said;
    return folderOptions({...this.values, ...(seed !== undefined && {seed})});
  }

  /** What was said of the recipe. */
  get said(): RecipeInput {
    return settle(about(RECIPE_OPTIONS, this.#layers), {}).values as RecipeInput;
  }

  /** The recipe for these images. @throws UsageError (exit 2) for phases that cannot be trained */
  resolve(folder: ImageFolder, gpu: boolean): ResolvedRecipe {
    const layers = about(RECIPE_OPTIONS, this.#layers) as readonly {readonly source: OptionLayer['source']; readonly values: RecipeInput}[];
    return resolveLayers(layers, factsOf(folder, this.said, gpu), usableMemory());
  }

  /** Where the run writes. */
  directory(arch: string): string {
    const {data, out, overwrite} = this.values;
    return this.resumed ?? out ?? (overwrite ? newestRunDirectory(data, arch) : freshRunDirectory(data, arch));
  }

  /** What the library needs to know beside the recipe. */
  finetuneOptions(out: string, sources: ResolvedRecipe['sources'], engineSeconds: number): FinetuneOptions {
    const {overwrite, engine, device, offline, workers} = this.values;
    const run = settle(about(RECORDED, this.#layers), RECORDED);
    return {
      ...{out, overwrite, resume: this.resumed !== undefined, engine, device, offline},
      ...(workers !== undefined && {workers}),
      settings: {
        options: run.values,
        sources: {...run.sources, ...sources},
        command: ['finetune', ...this.request.words].map(withoutSecrets).map(quoted).join(' '),
        engineSeconds,
      },
    };
  }

  /** Everything in force and where it came from, in the order of the help: name, value, source. */
  rows({recipe, sources}: ResolvedRecipe, out: string): string[][] {
    const spoken = {...RUN_OPTIONS, ...CONSOLE_OPTIONS};
    const run = settle(about(spoken, this.#layers), spoken);
    const phases = recipe.freeze.map(({name, epochs}) => `${name} (${plural(epochs, 'epoch')})`).join(', ');
    const values: Values = {...run.values, ...recipe, freeze: phases, out};
    const from: Readonly<Record<string, string>> = {out: 'default', ...run.sources, ...sources};
    const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
    const keys = Object.values(GROUPS).flat();
    return keys.filter(key => values[key] !== undefined).map(key => [kebab(key), shown(values[key]), from[key] ?? 'default']);
  }
}
