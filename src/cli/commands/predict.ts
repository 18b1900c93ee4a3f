import {relative, sep} from 'node:path';
import {UsageError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {printable} from '../../core/printable.js';
import {quoted} from '../../core/shell-word.js';
import {Exclusion} from '../../datasets/exclusion.js';
import {findImages} from '../../datasets/find-images.js';
import {startEngine} from '../../engine/runtime.js';
import type {Bundle} from '../../export/bundle.js';
import {loadBundle} from '../../export/load-bundle.js';
import {openBundle} from '../../export/open-bundle.js';
import {UnreadableImageError} from '../../export/read-pixels.js';
import type {Action, Session} from '../action.js';
import {engineWish, type EngineValues} from '../engine-view.js';
import {findModel} from '../find-model.js';
import {findingLines} from '../finding-lines.js';
import {namesIn} from '../folder-options.js';
import {labelled} from '../layout.js';
import {leftOutSentence} from '../left-out-sentence.js';
import {listing, unpacking} from '../load-folder.js';
import {predictionLines, predictionSummary, type Classified} from '../prediction-lines.js';
import {ProgressLine} from '../progress-line.js';
import type {Terminal} from '../terminal.js';
import {readStandardInput, STANDARD_INPUT} from '../standard-input.js';

/** Images classified between two looks at the signal. */
const BATCH = 32;

/** Fewer are classified sooner than TensorFlow is downloaded. */
const WORTH_INSTALLING = 200;

interface PredictValues extends EngineValues {
  readonly top: number;
  readonly exclude?: string;
  readonly followLinks?: boolean;
}

/** An image by the name it is told by, and what is classified. */
interface Source {
  readonly image: string;
  readonly source: string | Uint8Array;
}

/** What became of a number of images: one that cannot be read does not keep the others from being classified. */
interface Results {
  readonly classified: readonly Classified[];
  readonly unreadable: readonly UnreadableImageError[];
}

async function classifyBatch(bundle: Bundle, images: readonly Source[], top: number): Promise<Results> {
  if (images.length === 0) return {classified: [], unreadable: []};
  try {
    const sources = images.map(({source}) => source);
    const predictions = await bundle.classify(sources, {top});
    return {classified: images.map(({image}, i) => ({image, predictions: predictions[i]!})), unreadable: []};
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    const {image} = images[error.index]!;
    const {classified, unreadable} = await classifyBatch(bundle, images.toSpliced(error.index, 1), top);
    return {classified, unreadable: [new UnreadableImageError(image, error.reason, error.index, {cause: error}), ...unreadable]};
  }
}

async function classifyAll(bundle: Bundle, images: readonly Source[], top: number, {terminal, signal}: Session): Promise<Results> {
  const progress = new ProgressLine(terminal);
  const classified: Classified[] = [];
  const unreadable: UnreadableImageError[] = [];
  for (let start = 0; start < images.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = await classifyBatch(bundle, images.slice(start, start + BATCH), top);
    classified.push(...batch.classified);
    unreadable.push(...batch.unreadable);
    progress.update({title: 'predicting', done: Math.min(start + BATCH, images.length), total: images.length, unit: 'images'});
  }
  progress.end();
  return {classified, unreadable};
}

interface Found {
  readonly images: readonly string[];
  readonly findings: readonly Finding[];
}

/** Leaves out what a list of `check` names: relative to a folder that was given, or as the path stands here. */
function without({images, findings}: Found, folders: readonly string[], list: string | undefined): Found {
  if (list === undefined) return {images, findings};
  const exclusion = new Exclusion(namesIn(list));
  const kept = images.filter(path => {
    const names = [path, ...folders.map(folder => relative(folder, path).replaceAll(sep, '/'))].map(name => ({name}));
    return exclusion.kept(names).length === names.length;
  });
  return {images: kept, findings: [...findings, ...exclusion.findings()]};
}

async function findSources(words: readonly string[], {exclude, followLinks = false}: PredictValues, {terminal, signal}: Session) {
  const paths = words.filter(word => word !== STANDARD_INPUT);
  const line = new ProgressLine(terminal);
  const watching = {signal, onProgress: listing(line), onBytes: unpacking(line), followLinks};
  const found = await findImages(paths, watching).finally(() => line.end());
  const {images, findings} = without(found, paths, exclude);
  const sources: Source[] = images.map(image => ({image, source: image}));
  if (paths.length < words.length) sources.push({image: STANDARD_INPUT, source: await readStandardInput()});
  return {sources, findings};
}

/** Those beyond the one that the error tells of. */
function tellUnreadable(unreadable: readonly UnreadableImageError[], found: number, terminal: Terminal): void {
  const say = (label: string, text: string): void => terminal.alert(labelled(terminal.style.warn, label, text, terminal.columns));
  if (unreadable.length > 1) {
    for (const {image, reason} of unreadable) say('unreadable', `${printable(image)}: ${printable(reason)}`);
  }
  if (unreadable.length > 0) say('left out', leftOutSentence({found, unreadable: unreadable.length}));
}

/** `finetune predict [MODEL] IMAGE...` */
export const predict: Action = async ({positionals, values}, session) => {
  const {terminal} = session;
  const options = values as unknown as PredictValues;
  const {top} = options;
  const words = [positionals.model, ...(positionals.image as readonly unknown[])].filter(word => word !== undefined).map(String);
  if (words.length === 0) throw new UsageError('Expected images to classify, but found none. Say finetune predict [MODEL] IMAGE...');
  const {directory, rest} = findModel(words, terminal);
  await openBundle(directory);
  if (rest.length === 0)
    throw new UsageError(`Expected images to classify, but found none. Say finetune predict ${quoted(directory)} IMAGE...`);
  const {sources, findings} = await findSources(rest, options, session);
  for (const told of findingLines(findings, terminal.style, terminal.columns)) terminal.log(told);
  terminal.draw(terminal.style.dim('starting the engine'));
  await startEngine({...engineWish(options, session), install: options.engine !== 'auto' || sources.length >= WORTH_INSTALLING});
  terminal.draw(terminal.style.dim('loading the model'));
  const bundle = await loadBundle(directory);
  const isForPeople = Number.isFinite(terminal.resultColumns);
  const {classified, unreadable} = await classifyAll(
    bundle,
    sources,
    Math.min(isForPeople ? Math.max(2, top) : top, bundle.classNames.length),
    session,
  );
  bundle.dispose();
  tellUnreadable(unreadable, sources.length, terminal);
  const images = classified.map(({image, predictions}) => ({image, predictions: predictions.slice(0, top)}));
  return {
    document: {
      ...{bundle: directory, found: sources.length, images},
      ...{unreadable: unreadable.map(({image, reason}) => ({image, reason})), findings},
    },
    text: predictionLines(classified, terminal.resultStyle, terminal.resultColumns, top).join('\n'),
    ...(classified.length > 1 && {hint: predictionSummary(classified)}),
    ...(unreadable[0] !== undefined && {error: unreadable[0]}),
  };
};
