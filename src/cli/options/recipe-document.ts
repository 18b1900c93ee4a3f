import type {ObjectSchema} from '../../core/schema.js';
import {toObjectSchema, type Option} from '../../finetune/options/option.js';
import {OPTION_GROUPS} from '../../finetune/options/options.js';
import {describeOption, FILE_OPTIONS} from './command-options.js';

const COMMENT_SCHEMA = {$comment: {type: ['string', 'array'], description: 'for people; not read'}};

/** Allows `$comment` in every object, as the recipe parser does. */
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

/** Builds the JSON Schema of recipe files, for editors. */
export function buildRecipeFileSchema(): ObjectSchema {
  const {properties, ...document} = toObjectSchema(FILE_OPTIONS);
  const schema = allowComments({
    ...document,
    properties: {$schema: {type: 'string', description: 'path of this schema'}, ...properties},
  }) as ObjectSchema;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Recipe of finetune',
    ...schema,
  };
}

const HEADER = [
  'Recipe of finetune: every option, switched off. Take the // away from those you want to set.',
  'finetune --recipe FILE reads it; a flag or a FINETUNE_ variable is stronger. Paths are relative to where finetune is started.',
];

/**
 * Formats a recipe file in which every option is explained and commented out.
 * @param schemaPath path of the JSON Schema for editors, relative to the file
 */
export function formatCommentedRecipe(schemaPath: string): string {
  const groups = Object.entries(OPTION_GROUPS).flatMap(([heading, group]) => {
    const options = Object.entries<Option>(group).filter(([key]) => key in FILE_OPTIONS);
    if (options.length === 0) return [];
    const lines = options.flatMap(([key, option]) => [
      `  // ${describeOption(option)}`,
      `  // ${JSON.stringify(key)}: ${JSON.stringify(option.default ?? option.example)},`,
    ]);
    return [``, `  // ---- ${heading} ----`, ...lines];
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
