import type {ObjectSchema} from '../core/schema.js';
import {explain, GROUPS, RECIPE_OPTIONS, RUN_OPTIONS, type OptionProperties, type OptionProperty} from './option-schema.js';

const OPTIONS: OptionProperties = {...RECIPE_OPTIONS, ...RUN_OPTIONS};

const COMMENT = {$comment: {type: ['string', 'array'], description: 'for people; not read'}};

/** Lets `$comment` stand in every object, as the reader of recipe files does. */
function commentable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(commentable);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, commentable(value)]));
  return 'properties' in copy ? {...copy, properties: {...COMMENT, ...(copy.properties as object)}} : copy;
}

/** The JSON Schema of recipe files, for editors. */
export function recipeFileSchema(): ObjectSchema {
  const properties = {$schema: {type: 'string', description: 'where this schema lies'}, ...OPTIONS};
  const schema = commentable({type: 'object', additionalProperties: false, properties}) as ObjectSchema;
  return {$schema: 'http://json-schema.org/draft-07/schema#', title: 'Recipe of finetune', ...schema};
}

/** Values to show where there is no default. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  ...{
    data: 'pets',
    valData: 'pets-val',
    testData: 'pets-test',
    limit: 20,
    classes: 'cat,dog',
    exclude: 'exclude.txt',
    pathColumn: 'image',
    labelColumn: 'label',
    folds: 5,
    fold: '1/5',
    out: 'runs/pets',
    split: 'runs/pets/split.json',
  },
  ...{imageSize: 224, freeze: 'probe-then-top', epochs: 10, batchSize: 32, lr: 0.0001, weightDecay: 0.01, labelSmoothing: 0.1},
  ...{
    batchNorm: 'inference',
    augment: 'standard',
    balance: 'loss',
    views: 2,
    cacheMemory: 4,
    cacheDisk: 20,
    workers: 4,
    assertAccuracy: 0.9,
  },
};

const exampleOf = (key: string, property: OptionProperty): unknown => property.default ?? EXAMPLES[key];

const HEADER = [
  'Recipe of finetune: every option, switched off. Take the // away from those you want to set.',
  'finetune --recipe FILE reads it; a flag or a FINETUNE_ variable is stronger. Paths are relative to where finetune is started.',
];

/**
 * A recipe file that says nothing yet and explains everything.
 * @param schemaPath for editors, relative to the file
 */
export function commentedRecipe(schemaPath: string): string {
  const groups = Object.entries(GROUPS).flatMap(([heading, keys]) => {
    const options = keys.filter(key => key in OPTIONS);
    if (options.length === 0) return [];
    const lines = options.flatMap(key => [
      `  // ${explain(key, OPTIONS[key]!)}`,
      `  // ${JSON.stringify(key)}: ${JSON.stringify(exampleOf(key, OPTIONS[key]!))},`,
    ]);
    return [``, `  // ---- ${heading.replace(':', '')} ----`, ...lines];
  });
  return [...HEADER.map(line => `// ${line}`), '{', `  "$schema": ${JSON.stringify(schemaPath)},`, ...groups, '}', ''].join('\n');
}
