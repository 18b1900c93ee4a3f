import {existsSync, readdirSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import {UsageError} from '../core/errors.js';
import {modelDirectory} from '../export/record/model-directory.js';
import {formatLabeled} from './terminal/screen/layout.js';
import type {Terminal} from './terminal/screen/terminal.js';
import {PROGRAM_NAME} from './terminal/format.js';
import {printable} from '../core/text/printable.js';

export {modelDirectory};

/** Default folder of runs. */
const RUNS_DIRECTORY = 'runs';

/** Run below `runs/` whose model was exported last. */
function findNewestModel(): string | undefined {
  const runs = existsSync(RUNS_DIRECTORY)
    ? readdirSync(RUNS_DIRECTORY)
        .filter(name => !name.startsWith('.'))
        .map(name => join(RUNS_DIRECTORY, name))
    : [];
  const exportTime = (run: string): number => statSync(modelDirectory(run)!).mtimeMs;
  return runs
    .filter(run => modelDirectory(run) !== undefined)
    .sort((a, b) => exportTime(b) - exportTime(a))[0];
}

/** Weights files, and files next to them in a run or an exported model. Other `.json` files may be stored among images. */
const MODEL_FILE =
  /\.(?:safetensors|pth?|th|ckpt|h5|keras|onnx|tflite)$|^(?:recipe|model|finetune)\.json$|^labels\.txt$/i;

/** Whether an argument can name images: a pattern, or an existing path that is no model file and no directory that holds one. */
function isImageArgument(arg: string): boolean {
  if (arg === '-' || /[*?[{]/.test(arg)) return true;
  const status = statSync(arg, {throwIfNoEntry: false});
  if (status === undefined) return false;
  return !(status.isDirectory() ? readdirSync(arg) : [basename(arg)]).some(name =>
    MODEL_FILE.test(name),
  );
}

/** Model that a command uses, and its remaining arguments. */
export interface ModelArgument {
  /** Directory of the exported model. */
  readonly directory: string;
  readonly rest: readonly string[];
}

/**
 * Finds the model that the first argument names, directly or by its run. Without one, uses and logs the newest model below `runs/`.
 * @throws UsageError (exit 2) if there is no model
 */
export function findModel(args: readonly string[], terminal: Terminal): ModelArgument {
  const [first, ...rest] = args;
  const namedModel = first === undefined ? undefined : modelDirectory(first);
  if (namedModel !== undefined) return {directory: namedModel, rest};
  // An argument that is no image either was meant as a model. Opening it reports what is wrong.
  if (first !== undefined && !isImageArgument(first)) return {directory: first, rest};
  const run = findNewestModel();
  if (run === undefined) {
    throw new UsageError(
      `There is no exported model below ${RUNS_DIRECTORY}/. Train one first (${PROGRAM_NAME} DIR), or give its folder.`,
    );
  }
  const directory = modelDirectory(run)!;
  terminal.log(
    formatLabeled(
      terminal.style.dim,
      'model',
      `${printable(directory)}, the newest in ${RUNS_DIRECTORY}/`,
      terminal.columns,
    ),
  );
  return {directory, rest: args};
}

/** Models that a command uses, and its remaining arguments. */
export interface ModelArguments {
  /** Directories of exported models. */
  readonly directories: readonly [string, ...string[]];
  readonly rest: readonly string[];
}

/** Finds the models that the first arguments name, as `findModel` does for one. */
export function findModels(args: readonly string[], terminal: Terminal): ModelArguments {
  const {directory, rest} = findModel(args, terminal);
  const end = rest.findIndex(arg => modelDirectory(arg) === undefined);
  const others = end < 0 ? rest : rest.slice(0, end);
  const directories = others.map(arg => modelDirectory(arg)!);
  return {directories: [directory, ...directories], rest: rest.slice(others.length)};
}
