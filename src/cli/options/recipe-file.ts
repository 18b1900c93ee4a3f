import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {errorMessage, UsageError} from '../../core/errors.js';
import {validate} from '../../core/schema.js';
import {readTextFile} from '../../core/files/text-file.js';
import type {OptionValues} from '../../finetune/options/merge-options.js';
import {toObjectSchema} from '../../finetune/options/option.js';
import {FILE_OPTIONS} from './command-options.js';

const STRING = '"(?:[^"\\\\]|\\\\.)*"';

/** Replaces matches outside of strings by spaces. Positions in error messages stay correct. */
const blankOut = (text: string, pattern: string): string =>
  text.replace(
    new RegExp(`(${STRING})|${pattern}`, 'g'),
    (found, string?: string) => string ?? found.replace(/[^\n]/g, ' '),
  );

/**
 * Parses JSON with `//` and block comments and trailing commas. Ignores `$schema` and `$comment` keys anywhere.
 * @throws SyntaxError like JSON.parse
 */
export function parseRecipe(text: string): unknown {
  const uncommented = blankOut(text.replace(/^\uFEFF/, ' '), '//[^\\n]*|/\\*[\\s\\S]*?\\*/');
  const json = blankOut(uncommented, ',(?=\\s*[}\\]])');
  return JSON.parse(json, (key, value: unknown) =>
    key === '$schema' || key === '$comment' ? undefined : value,
  ) as unknown;
}

/**
 * Reads a recipe file, which may set any option of a recipe and of a run.
 * @throws UsageError (exit 2) if the file is missing or not JSON; SchemaError (exit 2) for an invalid key or value
 */
export function readRecipeFile(path: string): OptionValues {
  let document: unknown;
  try {
    document = parseRecipe(readTextFile(path));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new UsageError(
        `Recipe ${path} is not JSON: ${errorMessage(error)}. Correct it; finetune init writes a new one.`,
      );
    }
    throw new UsageError(
      `Recipe ${path} cannot be read: ${describeReadError(error)}. Check the path; finetune init writes one.`,
    );
  }
  return validate<OptionValues>(toObjectSchema(FILE_OPTIONS), document, `Recipe ${path}`);
}

function describeReadError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'it does not exist';
  return code === 'EISDIR' ? 'it is a folder' : errorMessage(error);
}

/** From dist/src/cli/options/ to the root of the package. */
export const DEMO_RECIPE_PATH = fileURLToPath(
  new URL('../../../../templates/recipes/demo.json', import.meta.url),
);

/** Defaults of the demo, shown in its help. */
export const readDemoDefaults = (): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(DEMO_RECIPE_PATH, 'utf8')) as Readonly<Record<string, unknown>>;
