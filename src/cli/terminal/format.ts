import {isAbsolute, relative} from 'node:path';
import {shellQuote} from '../../core/text/printable.js';

/** `a`, `a and b`, `a, b and 35 more` */
export function formatList(items: readonly string[], limit = 6): string {
  const shown =
    items.length > limit
      ? [...items.slice(0, limit - 1), `${items.length - limit + 1} more`]
      : items;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

export {shellQuote as quoted};

/** A path below the working directory without what leads to it; any other path as it is. */
export function shortPath(path: string): string {
  const below = relative(process.cwd(), path);
  return isAbsolute(below) || below === '' || below.startsWith('..') ? path : below;
}

/** Whether npx started this program directly. npx may also start a parent of it, such as a test runner. */
export const isStartedByNpx = ({
  npm_lifecycle_event: event,
  npm_lifecycle_script: script = '',
}: NodeJS.ProcessEnv): boolean => event === 'npx' && /^'?finetune\b/.test(script);

/** Program name in suggested commands. npx does not put the program on the PATH. */
export const PROGRAM_NAME = isStartedByNpx(process.env) ? 'npx finetune' : 'finetune';

/** `batchSize` -> `batch-size` */
export const toKebabCase = (key: string): string =>
  key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

/** `batchSize` -> `FINETUNE_BATCH_SIZE` */
export const toEnvironmentName = (key: string): string =>
  `FINETUNE_${toKebabCase(key).replaceAll('-', '_').toUpperCase()}`;
