import {findImages} from '../../datasets/find-images.js';
import {startEngine} from '../../engine/runtime.js';
import type {Bundle, Prediction} from '../../export/bundle.js';
import {loadBundle} from '../../export/load-bundle.js';
import {openBundle} from '../../export/open-bundle.js';
import {UnreadableImageError} from '../../export/read-pixels.js';
import type {Action, Session} from '../action.js';
import {engineWish, type EngineValues} from '../engine-view.js';
import {findingLines} from '../finding-lines.js';
import {listing} from '../load-folder.js';
import {ProgressLine} from '../progress-line.js';
import {table} from '../table.js';
import {percent} from '../words.js';
import {leftOutSentence} from '../left-out-sentence.js';

/** Images classified between two looks at the signal. */
const BATCH = 32;

interface Classified {
  readonly image: string;
  readonly predictions: readonly Prediction[];
}

/** What became of a number of images: one that cannot be read does not keep the others from being classified. */
interface Results {
  readonly classified: readonly Classified[];
  readonly unreadable: readonly UnreadableImageError[];
}

async function classifyBatch(bundle: Bundle, images: readonly string[], top: number): Promise<Results> {
  try {
    const predictions = await bundle.classify(images, {top});
    return {classified: images.map((image, i) => ({image, predictions: predictions[i]!})), unreadable: []};
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    const rest = images.filter(image => image !== error.image);
    const {classified, unreadable} = rest.length === 0 ? {classified: [], unreadable: []} : await classifyBatch(bundle, rest, top);
    return {classified, unreadable: [error, ...unreadable]};
  }
}

async function classifyAll(bundle: Bundle, images: readonly string[], top: number, {terminal, signal}: Session): Promise<Results> {
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

const row = ({image, predictions}: Classified): string[] => [
  image,
  ...predictions.flatMap(({className, probability}) => [className, percent(probability)]),
];

/** `finetune predict BUNDLE IMAGE...` */
export const predict: Action = async ({positionals, values}, session) => {
  const directory = String(positionals.bundle);
  const {top, followLinks = false} = values as {readonly top: number; readonly followLinks?: boolean};
  await openBundle(directory);
  const line = new ProgressLine(session.terminal);
  const watching = {signal: session.signal, onProgress: listing(line), followLinks};
  const {images, findings} = await findImages(positionals.image as readonly string[], watching).finally(() => line.end());
  const {terminal} = session;
  for (const told of findingLines(findings, terminal.style, terminal.columns)) terminal.log(told);
  await startEngine(engineWish(values as unknown as EngineValues, session));
  const bundle = await loadBundle(directory);
  const {classified, unreadable} = await classifyAll(bundle, images, Math.min(top, bundle.classNames.length), session);
  bundle.dispose();
  for (const {message} of unreadable.slice(1)) terminal.alert(message);
  if (unreadable.length > 0) terminal.alert(`Left out ${leftOutSentence({found: images.length, unreadable: unreadable.length})}`);
  const columns = classified[0]?.predictions.flatMap((_, i) => [2 * i + 2]) ?? [];
  return {
    document: {
      ...{bundle: directory, found: images.length, images: classified},
      ...{unreadable: unreadable.map(({image, reason}) => ({image, reason})), findings},
    },
    text: table(classified.map(row), columns).join('\n'),
    ...(unreadable[0] !== undefined && {error: unreadable[0]}),
  };
};
