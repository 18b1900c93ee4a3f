import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {errorMessage, UsageError} from '../../core/errors.js';
import {validate} from '../../core/schema.js';
import {readTextFile} from '../../core/files/text-file.js';
import type {OptionValues} from '../../finetune/options/merge-options.js';
import {toObjectSchema} from '../../finetune/options/option.js';
import {FILE_OPTIONS} from './command-options.js';

const STRING = '"(?:[^"\\\\]|\\\\.)*"';

/** Blanks what a pattern finds outside of strings; everything else keeps its place, so that positions in error messages hold. */
const blankOut = (text: string, pattern: string): string =>
  text.replace(
    new RegExp(`(${STRING})|${pattern}`, 'g'),
    (found, string?: string) => string ?? found.replace(/[^\n]/g, ' '),
  );

/**
 * JSON with what people write by hand: `//` and block comments, commas after the last item, and `$schema` and `$comment` keys anywhere.
 * @throws SyntaxError as JSON.parse does
 */
export function parseRecipe(text: string): unknown {
  const uncommented = blankOut(text.replace(/^\uFEFF/, ' '), '//[^\\n]*|/\\*[\\s\\S]*?\\*/');
  const json = blankOut(uncommented, ',(?=\\s*[}\\]])');
  return JSON.parse(json, (key, value: unknown) =>
    key === '$schema' || key === '$comment' ? undefined : value,
  ) as unknown;
}

/**
 * Reads a recipe file: any option of a recipe and of a run.
 * @throws UsageError (exit 2) for a file that is not there or no JSON; SchemaError (exit 2) for a key or value that cannot be taken
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

/** What the demo sets, for its help. */
export const readDemoDefaults = (): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(DEMO_RECIPE_PATH, 'utf8')) as Readonly<Record<string, unknown>>;
