import type {ObjectSchema} from '../../core/schema.js';
import {recipeSchema, runOptionsSchema} from '../../finetune/recipe/recipe-schema.js';
import {recommend} from '../../finetune/recipe/recommend.js';

/** What a schema says of an option. */
export interface OptionSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

export type OptionSchemas = Readonly<Record<string, OptionSchema>>;

/** How a run is spoken of. Not part of a recipe file. */
export const consoleOptionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    recipe: {
      type: 'string',
      minLength: 1,
      description: 'read options from a recipe file (finetune init writes one)',
    },
    resume: {
      type: 'string',
      description: 'go on with an interrupted run: its directory, or the newest in runs/',
    },
    json: {
      type: 'boolean',
      default: false,
      description: 'print one JSON document to standard output',
    },
    quiet: {type: 'boolean', default: false, description: 'say nothing but results and errors'},
    verbose: {
      type: 'boolean',
      default: false,
      description: 'say also every value in force and where it came from',
    },
  },
} as const satisfies ObjectSchema;

export const RECIPE_OPTIONS: OptionSchemas = recipeSchema.properties;
export const RUN_OPTIONS: OptionSchemas = runOptionsSchema.properties;
export const CONSOLE_OPTIONS: OptionSchemas = consoleOptionsSchema.properties;
export const ALL_OPTIONS: OptionSchemas = {...RECIPE_OPTIONS, ...RUN_OPTIONS, ...CONSOLE_OPTIONS};

/** Some of the options, for commands that need but these. */
export const pickOptions = (...keys: readonly string[]): OptionSchemas =>
  Object.fromEntries(keys.map(key => [key, ALL_OPTIONS[key]!]));

/** All options but some. */
export const omitOptions = (...keys: readonly string[]): OptionSchemas =>
  Object.fromEntries(Object.entries(ALL_OPTIONS).filter(([key]) => !keys.includes(key)));

/** An option with other words about it. */
export const withDescription = (key: string, description: string): OptionSchemas => ({
  [key]: {...ALL_OPTIONS[key]!, description},
});

/** Options with the defaults of one command. */
export const withDefaults = (
  options: OptionSchemas,
  defaults: Readonly<Record<string, unknown>>,
): OptionSchemas =>
  Object.fromEntries(
    Object.entries(options).map(([key, property]) => [
      key,
      key in defaults ? {...property, default: defaults[key]} : property,
    ]),
  );

/** What most people need, first in a long help. */
export const COMMON_OPTIONS: readonly string[] = [
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
export const HELP_GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Data:': [
    ...[
      'data',
      'valData',
      'testData',
      'valSplit',
      'testSplit',
      'groupBy',
      'folds',
      'fold',
      'splitFile',
      'classes',
      'exclude',
      'maxPerClass',
    ],
    ...['pathColumn', 'labelColumn', 'followLinks'],
  ],
  'Model:': ['arch', 'weights', 'lastStage', 'imageSize', 'fit', 'head', 'pooling', 'dropout'],
  'Training:': [
    ...[
      'freeze',
      'epochs',
      'batchSize',
      'lr',
      'optimizer',
      'weightDecay',
      'labelSmoothing',
      'clipNorm',
      'batchNorm',
      'precision',
    ],
    ...['augment', 'views', 'classBalance', 'seed'],
  ],
  'Run:': [
    'recipe',
    'out',
    'overwrite',
    'resume',
    'backend',
    'device',
    'workers',
    'cacheMemory',
    'cacheDisk',
    'offline',
    'assertAccuracy',
  ],
  'Output:': ['json', 'quiet', 'verbose', 'help', 'version'],
};

// Which values are recommended does not depend on the facts.
const SAMPLE_STATS = {
  images: 1000,
  classes: 2,
  smallestClass: 500,
  largestClass: 500,
  pretrained: true,
  gpu: false,
};
const RECOMMENDED_OPTIONS: ReadonlySet<string> = new Set(
  Object.keys(recommend(SAMPLE_STATS).values),
);

export const isBooleanOption = ({type}: OptionSchema): boolean => type === 'boolean';

/** `depth of the network: resnet18, resnet34 [default: resnet50]`; `[recommended]` is chosen from the images. */
export function describeOption(key: string, property: OptionSchema): string {
  const {description = '', enum: choices = [], default: defaultValue} = property;
  const isNamed = choices.every(choice =>
    ` ${description} `.split(/[^\w+]/).includes(String(choice)),
  );
  const choiceList = isNamed ? '' : `: ${choices.join(', ')}`;
  if (defaultValue === undefined || defaultValue === false)
    return description + choiceList + (RECOMMENDED_OPTIONS.has(key) ? ' [recommended]' : '');
  // A command may have a default of its own.
  return `${description.replace(/ \[default: .*\]$/, '')}${choiceList} [default: ${String(defaultValue)}]`;
}
