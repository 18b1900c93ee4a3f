import type {ObjectSchema} from '../../core/schema.js';
import {
  describeOption,
  HELP_GROUPS,
  RECIPE_OPTIONS,
  RUN_OPTIONS,
  type OptionSchemas,
  type OptionSchema,
} from './option-schema.js';

const FILE_OPTIONS: OptionSchemas = {...RECIPE_OPTIONS, ...RUN_OPTIONS};

const COMMENT_SCHEMA = {$comment: {type: ['string', 'array'], description: 'for people; not read'}};

/** Lets `$comment` stand in every object, as the reader of recipe files does. */
function allowComments(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(allowComments);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, allowComments(value)]),
  );
  return 'properties' in copy
    ? {...copy, properties: {...COMMENT_SCHEMA, ...(copy.properties as object)}}
    : copy;
}

/** The JSON Schema of recipe files, for editors. */
export function buildRecipeFileSchema(): ObjectSchema {
  const properties = {
    $schema: {type: 'string', description: 'where this schema lies'},
    ...FILE_OPTIONS,
  };
  const schema = allowComments({
    type: 'object',
    additionalProperties: false,
    properties,
  }) as ObjectSchema;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Recipe of finetune',
    ...schema,
  };
}

/** Values to show where there is no default. */
const EXAMPLE_VALUES: Readonly<Record<string, unknown>> = {
  ...{
    data: 'pets',
    valData: 'pets-val',
    testData: 'pets-test',
    maxPerClass: 20,
    classes: 'cat,dog',
    exclude: 'exclude.txt',
    pathColumn: 'image',
    labelColumn: 'label',
    folds: 5,
    fold: '1/5',
    out: 'runs/pets',
    splitFile: 'runs/pets/split.json',
  },
  ...{
    imageSize: 224,
    freeze: 'probe-then-last-stage',
    epochs: 10,
    batchSize: 32,
    lr: 0.0001,
    weightDecay: 0.01,
    labelSmoothing: 0.1,
  },
  ...{
    batchNorm: 'inference',
    augment: 'standard',
    classBalance: 'weighted-loss',
    views: 2,
    cacheMemory: 4,
    cacheDisk: 20,
    workers: 4,
    assertAccuracy: 0.9,
  },
};

const exampleValue = (key: string, property: OptionSchema): unknown =>
  property.default ?? EXAMPLE_VALUES[key];

const HEADER = [
  'Recipe of finetune: every option, switched off. Take the // away from those you want to set.',
  'finetune --recipe FILE reads it; a flag or a FINETUNE_ variable is stronger. Paths are relative to where finetune is started.',
];

/**
 * A recipe file that says nothing yet and explains everything.
 * @param schemaPath for editors, relative to the file
 */
export function formatCommentedRecipe(schemaPath: string): string {
  const groups = Object.entries(HELP_GROUPS).flatMap(([heading, keys]) => {
    const options = keys.filter(key => key in FILE_OPTIONS);
    if (options.length === 0) return [];
    const lines = options.flatMap(key => [
      `  // ${describeOption(key, FILE_OPTIONS[key]!)}`,
      `  // ${JSON.stringify(key)}: ${JSON.stringify(exampleValue(key, FILE_OPTIONS[key]!))},`,
    ]);
    return [``, `  // ---- ${heading.replace(':', '')} ----`, ...lines];
  });
  return [
    ...HEADER.map(line => `// ${line}`),
    '{',
    `  "$schema": ${JSON.stringify(schemaPath)},`,
    ...groups,
    '}',
    '',
  ].join('\n');
}
