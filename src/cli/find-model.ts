import {existsSync, readdirSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import {UsageError} from '../core/errors.js';
import {modelDirectory} from '../export/record/model-directory.js';
import {formatLabeled} from './terminal/screen/layout.js';
import type {Terminal} from './terminal/screen/terminal.js';
import {PROGRAM_NAME} from './terminal/format.js';
import {printable} from '../core/text/printable.js';

export {modelDirectory};

/** The default folder of runs. */
const RUNS_DIRECTORY = 'runs';

/** The model that was exported last below `runs/`. */
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

/** Files of weights, and those of a run or a model that are next to them. A `.json` alone may lie among images. */
const MODEL_FILE =
  /\.(?:safetensors|pth?|th|ckpt|h5|keras|onnx|tflite)$|^(?:recipe|model|finetune)\.json$|^labels\.txt$/i;

/** Whether a word of a command line may stand for images: it is nothing that is, or was to be, a model, nor one of its files. */
function isImageArgument(arg: string): boolean {
  if (arg === '-' || /[*?[{]/.test(arg)) return true;
  const status = statSync(arg, {throwIfNoEntry: false});
  if (status === undefined) return false;
  return !(status.isDirectory() ? readdirSync(arg) : [basename(arg)]).some(name =>
    MODEL_FILE.test(name),
  );
}

/** What a command works on: a model, and the other words. */
export interface ModelArgument {
  /** Of the exported model. */
  readonly directory: string;
  readonly rest: readonly string[];
}

/**
 * The model that the first word names, itself or by its run; else the newest below `runs/`, which is reported.
 * @throws UsageError (exit 2) where there is none
 */
export function findModel(args: readonly string[], terminal: Terminal): ModelArgument {
  const [first, ...rest] = args;
  const namedModel = first === undefined ? undefined : modelDirectory(first);
  if (namedModel !== undefined) return {directory: namedModel, rest};
  // A word that is no image either was meant as a model: opening it says what is wrong.
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
