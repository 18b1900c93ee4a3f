import type {ObjectSchema} from '../core/schema.js';
import {recipeSchema, runSchema} from '../finetune/recipe-schema.js';
import {recommend} from '../finetune/recommend.js';

/** What a schema says of an option. */
export interface OptionProperty {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

export type OptionProperties = Readonly<Record<string, OptionProperty>>;

/** How a run is spoken of. Not part of a recipe file. */
export const consoleSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    recipe: {type: 'string', minLength: 1, description: 'read options from a recipe file (finetune init writes one)'},
    resume: {type: 'string', description: 'go on with an interrupted run: its directory, or the newest in runs/'},
    json: {type: 'boolean', default: false, description: 'print one JSON document to standard output'},
    quiet: {type: 'boolean', default: false, description: 'say nothing but results and errors'},
    verbose: {type: 'boolean', default: false, description: 'say also every value in force and where it came from'},
  },
} as const satisfies ObjectSchema;

export const RECIPE_OPTIONS: OptionProperties = recipeSchema.properties;
export const RUN_OPTIONS: OptionProperties = runSchema.properties;
export const CONSOLE_OPTIONS: OptionProperties = consoleSchema.properties;
export const ALL_OPTIONS: OptionProperties = {...RECIPE_OPTIONS, ...RUN_OPTIONS, ...CONSOLE_OPTIONS};

/** Some of the options, for commands that need but these. */
export const only = (...keys: readonly string[]): OptionProperties => Object.fromEntries(keys.map(key => [key, ALL_OPTIONS[key]!]));

/** All options but some. */
export const without = (...keys: readonly string[]): OptionProperties =>
  Object.fromEntries(Object.entries(ALL_OPTIONS).filter(([key]) => !keys.includes(key)));

/** An option with other words about it. */
export const described = (key: string, description: string): OptionProperties => ({[key]: {...ALL_OPTIONS[key]!, description}});

/** Options with the defaults of one command. */
export const defaulting = (options: OptionProperties, defaults: Readonly<Record<string, unknown>>): OptionProperties =>
  Object.fromEntries(
    Object.entries(options).map(([key, property]) => [key, key in defaults ? {...property, default: defaults[key]} : property]),
  );

/** What most people need, first in a long help. */
export const MOST_USED: readonly string[] = [
  'arch',
  'weights',
  'freeze',
  'epochs',
  'batchSize',
  'augment',
  'valSplit',
  'out',
  'resume',
  'json',
];

/** Headings of the help. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Images:': [
    ...['data', 'valData', 'testData', 'valSplit', 'testSplit', 'splitBy', 'folds', 'fold', 'split', 'classes', 'exclude', 'limit'],
    ...['pathColumn', 'labelColumn', 'followLinks'],
  ],
  'Network:': ['arch', 'weights', 'lastStage', 'imageSize', 'fit', 'head', 'pooling', 'dropout'],
  'Training:': [
    ...['freeze', 'epochs', 'batchSize', 'lr', 'optimizer', 'weightDecay', 'labelSmoothing', 'clipNorm', 'batchNorm', 'precision'],
    ...['augment', 'views', 'balance', 'seed'],
  ],
  'Run:': ['recipe', 'out', 'overwrite', 'resume', 'engine', 'device', 'workers', 'cacheMemory', 'cacheDisk', 'offline', 'assertAccuracy'],
  'Output:': ['json', 'quiet', 'verbose', 'help', 'version'],
};

// Which values are recommended does not depend on the facts.
const ANY_FACTS = {images: 1000, classes: 2, smallestClass: 500, largestClass: 500, pretrained: true, gpu: false};
const RECOMMENDED: ReadonlySet<string> = new Set(Object.keys(recommend(ANY_FACTS).values));

export const isBoolean = ({type}: OptionProperty): boolean => type === 'boolean';

/** `depth of the network: resnet18, resnet34 [default: resnet50]`; `[recommended]` is chosen from the images. */
export function explain(key: string, property: OptionProperty): string {
  const {description = '', enum: choices = [], default: otherwise} = property;
  const named = choices.every(choice => ` ${description} `.split(/[^\w+]/).includes(String(choice)));
  const chosen = named ? '' : `: ${choices.join(', ')}`;
  if (otherwise === undefined || otherwise === false) return description + chosen + (RECOMMENDED.has(key) ? ' [recommended]' : '');
  // A command may have a default of its own.
  return `${description.replace(/ \[default: .*\]$/, '')}${chosen} [default: ${String(otherwise)}]`;
}
