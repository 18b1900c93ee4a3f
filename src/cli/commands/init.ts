import {dirname, relative, resolve, sep} from 'node:path';
import {fileURLToPath} from 'node:url';
import {UsageError} from '../../core/errors.js';
import {printable} from '../../core/text/printable.js';
import {isFileExistsError, writeFileAtomic} from '../../core/files/atomic-write.js';
import type {CommandHandler} from '../command.js';
import {formatCommentedRecipe} from '../options/recipe-document.js';
import {PROGRAM_NAME, quoted} from '../terminal/format.js';

// From dist/src/cli/commands/ to the root of the package.
const SCHEMA_PATH = fileURLToPath(
  new URL('../../../../templates/recipe.schema.json', import.meta.url),
);

/** `finetune init [file]`. @throws UsageError (exit 2) if the file exists already */
export const initCommand: CommandHandler = async ({positionals, values}) => {
  const path = (positionals.file as string | undefined) ?? 'recipe.jsonc';
  const folder = dirname(resolve(path));
  const schemaPath = relative(folder, SCHEMA_PATH).replaceAll(sep, '/');
  try {
    await writeFileAtomic(path, formatCommentedRecipe(schemaPath), {
      exclusive: values.overwrite !== true,
    });
  } catch (error) {
    if (!isFileExistsError(error)) throw error;
    throw new UsageError(`${path} exists already. Give another name, or add --overwrite.`);
  }
  return {
    document: {recipe: path},
    text: printable(path),
    hint: `Edit it, then: ${PROGRAM_NAME} --data DIR --recipe ${quoted(path)}`,
  };
};
