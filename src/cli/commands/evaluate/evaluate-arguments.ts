import {existsSync} from 'node:fs';
import {UsageError} from '../../../core/errors.js';
import {findModel, modelDirectory} from '../../find-model.js';
import type {Terminal} from '../../terminal/screen/terminal.js';

interface EvaluateArguments {
  /** Directories of exported models. */
  readonly models: readonly [string, ...string[]];
  readonly data: string;
}

/**
 * Resolves the models and the folder, which is the last argument unless `--data` names it. Without a model, the newest one is evaluated.
 * @throws UsageError (exit 2) without a folder
 */
export function resolveArguments(
  args: readonly string[],
  data: string | undefined,
  terminal: Terminal,
): EvaluateArguments {
  const last = args.at(-1);
  const isFolder = last !== undefined && modelDirectory(last) === undefined && existsSync(last);
  const folder = data ?? (isFolder ? last : undefined);
  if (folder === undefined)
    throw new UsageError(
      'There is no folder of images to evaluate on. Run finetune evaluate MODEL --data DIR.',
    );
  const named = data === undefined ? args.slice(0, -1) : args;
  const [first = findModel([], terminal).directory, ...others] = named.map(
    model => modelDirectory(model) ?? model,
  );
  return {models: [first, ...others], data: folder};
}
