import {existsSync, readdirSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import {UsageError} from '../core/errors.js';
import {bundleDirectory} from '../export/open-bundle.js';
import {labelled} from './layout.js';
import type {Terminal} from './terminal.js';
import {PROGRAM} from './words.js';
import {printable} from '../core/printable.js';

/** Where runs lie unless told. */
const RUNS = 'runs';

/** The model that was exported last below `runs/`. */
function newestModel(): string | undefined {
  const runs = existsSync(RUNS)
    ? readdirSync(RUNS)
        .filter(name => !name.startsWith('.'))
        .map(name => join(RUNS, name))
    : [];
  const exported = (run: string): number => statSync(bundleDirectory(run)!).mtimeMs;
  return runs.filter(run => bundleDirectory(run) !== undefined).sort((a, b) => exported(b) - exported(a))[0];
}

/** Files of weights, and those of a run or a model that are beside them. A `.json` alone may lie among images. */
const OF_A_MODEL = /\.(?:safetensors|pth?|th|ckpt|h5|keras|onnx|tflite)$|^(?:recipe|model|finetune)\.json$|^labels\.txt$/i;

/** Whether a word of a command line may stand for images: it is nothing that is, or was to be, a model, nor one of its files. */
function standsForImages(word: string): boolean {
  if (word === '-' || /[*?[{]/.test(word)) return true;
  const status = statSync(word, {throwIfNoEntry: false});
  if (status === undefined) return false;
  return !(status.isDirectory() ? readdirSync(word) : [basename(word)]).some(name => OF_A_MODEL.test(name));
}

/** What a command works on: a model, and the other words. */
export interface ModelAndRest {
  /** Of the exported model. */
  readonly directory: string;
  readonly rest: readonly string[];
}

/**
 * The model that the first word names, itself or by its run; else the newest below `runs/`, which is told.
 * @throws UsageError (exit 2) where there is none
 */
export function findModel(words: readonly string[], terminal: Terminal): ModelAndRest {
  const [first, ...rest] = words;
  const named = first === undefined ? undefined : bundleDirectory(first);
  if (named !== undefined) return {directory: named, rest};
  // A word that is no image either was meant as a model: whoever opens it says what is wrong with it.
  if (first !== undefined && !standsForImages(first)) return {directory: first, rest};
  const run = newestModel();
  if (run === undefined) {
    throw new UsageError(`Expected an exported model, but found none below ${RUNS}/. Train one first, or give its folder: ${PROGRAM} DIR.`);
  }
  const directory = bundleDirectory(run)!;
  terminal.log(labelled(terminal.style.dim, 'model', `${printable(directory)}, the newest in ${RUNS}/`, terminal.columns));
  return {directory, rest: words};
}
