import {UsageError} from '../../core/errors.js';
import type {Action} from '../action.js';
import {checkSchema} from '../check-schema.js';
import {recipeFileSchema} from '../recipe-document.js';

const SCHEMAS: Readonly<Record<string, () => object>> = {recipe: recipeFileSchema, check: () => checkSchema};

/** `finetune schema [document]`. @throws UsageError (exit 2) for a document that has none */
export const schema: Action = async ({positionals}) => {
  const {document: of = 'recipe'} = positionals as {readonly document?: string};
  const schemaOf = SCHEMAS[of];
  if (schemaOf === undefined) throw new UsageError(`Expected recipe or check for finetune schema, but found ${of}.`);
  const document = schemaOf();
  return {document, text: JSON.stringify(document, null, 2)};
};
