import {UsageError} from '../../core/errors.js';
import type {CommandHandler} from '../command.js';
import {checkReportSchema} from '../options/check-report-schema.js';
import {buildRecipeFileSchema} from '../options/recipe-document.js';

const SCHEMAS: Readonly<Record<string, () => object>> = {
  recipe: buildRecipeFileSchema,
  check: () => checkReportSchema,
};

/** `finetune schema [document]`. @throws UsageError (exit 2) for an unknown document */
export const schemaCommand: CommandHandler = async ({positionals}) => {
  const {document: name = 'recipe'} = positionals as {readonly document?: string};
  const buildSchema = SCHEMAS[name];
  if (buildSchema === undefined)
    throw new UsageError(
      `There is no schema ${name}. Run finetune schema recipe, or finetune schema check.`,
    );
  const document = buildSchema();
  return {document, text: JSON.stringify(document, null, 2)};
};
