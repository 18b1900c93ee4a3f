import {relative, sep} from 'node:path';
import {UsageError, throwIfAborted} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {printable, shellQuote} from '../../core/text/printable.js';
import {ExcludeList} from '../../datasets/discovery/exclude-list.js';
import {findImages} from '../../datasets/discovery/find-images.js';
import {startBackend} from '../../backend/runtime/runtime.js';
import type {ExportedModel} from '../../export/exported-model.js';
import {loadModel} from '../../export/load-model.js';
import {readModelRecord} from '../../export/record/read-model-record.js';
import {UnreadableImageError} from '../../export/read-pixels.js';
import type {CommandHandler, CommandContext} from '../command.js';
import {toBackendOptions, type BackendValues} from '../terminal/backend-view.js';
import {findModel} from '../find-model.js';
import {formatFindings} from '../terminal/format-findings.js';
import {readExcludeList} from '../options/folder-options.js';
import {formatLabeled} from '../terminal/screen/layout.js';
import {formatSkipped} from '../terminal/skipped-summary.js';
import {listingProgress, unpackingProgress} from '../load-folder.js';
import {
  formatPredictions,
  formatPredictionSummary,
  type ClassifiedImage,
} from '../terminal/format-predictions.js';
import {ProgressLine} from '../terminal/screen/progress-line.js';
import type {Terminal} from '../terminal/screen/terminal.js';
import {readStandardInput, STANDARD_INPUT} from '../standard-input.js';

/** Images classified between two looks at the signal. */
const BATCH_SIZE = 32;

/** Fewer are classified sooner than TensorFlow is downloaded. */
const MIN_IMAGES_TO_INSTALL = 200;

interface PredictValues extends BackendValues {
  readonly top: number;
  readonly exclude?: string;
  readonly followLinks?: boolean;
}

/** An image by the name it is told by, and what is classified. */
interface ImageInput {
  readonly image: string;
  readonly source: string | Uint8Array;
}

/** What became of a number of images: one that cannot be read does not keep the others from being classified. */
interface ClassifyResults {
  readonly classified: readonly ClassifiedImage[];
  readonly unreadable: readonly UnreadableImageError[];
}

async function classifyBatch(
  model: ExportedModel,
  images: readonly ImageInput[],
  top: number,
): Promise<ClassifyResults> {
  if (images.length === 0) return {classified: [], unreadable: []};
  try {
    const sources = images.map(({source}) => source);
    const predictions = await model.classify(sources, {top});
    return {
      classified: images.map(({image}, i) => ({image, predictions: predictions[i]!})),
      unreadable: [],
    };
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    const {image} = images[error.index]!;
    const {classified, unreadable} = await classifyBatch(
      model,
      images.toSpliced(error.index, 1),
      top,
    );
    return {
      classified,
      unreadable: [
        new UnreadableImageError({image, reason: error.reason, index: error.index, cause: error}),
        ...unreadable,
      ],
    };
  }
}

async function classifyAll(
  model: ExportedModel,
  images: readonly ImageInput[],
  top: number,
  {terminal, signal}: CommandContext,
): Promise<ClassifyResults> {
  const progress = new ProgressLine(terminal);
  const classified: ClassifiedImage[] = [];
  const unreadable: UnreadableImageError[] = [];
  for (let start = 0; start < images.length; start += BATCH_SIZE) {
    throwIfAborted(signal);
    const batch = await classifyBatch(model, images.slice(start, start + BATCH_SIZE), top);
    classified.push(...batch.classified);
    unreadable.push(...batch.unreadable);
    progress.update({
      title: 'predicting',
      done: Math.min(start + BATCH_SIZE, images.length),
      total: images.length,
      unit: 'images',
    });
  }
  progress.end();
  return {classified, unreadable};
}

interface FoundImages {
  readonly images: readonly string[];
  readonly findings: readonly Finding[];
}

/** Leaves out what a list of `check` names: relative to a folder that was given, or as the path stands here. */
function applyExcludeList(
  {images, findings}: FoundImages,
  folders: readonly string[],
  list: string | undefined,
): FoundImages {
  if (list === undefined) return {images, findings};
  const excludeList = new ExcludeList(readExcludeList(list));
  const included = images.filter(path => {
    const names = [path, ...folders.map(folder => relative(folder, path).replaceAll(sep, '/'))].map(
      name => ({name}),
    );
    return excludeList.filter(names).length === names.length;
  });
  return {images: included, findings: [...findings, ...excludeList.findings()]};
}

async function findInputs(
  args: readonly string[],
  {exclude, followLinks = false}: PredictValues,
  {terminal, signal}: CommandContext,
) {
  const paths = args.filter(arg => arg !== STANDARD_INPUT);
  const line = new ProgressLine(terminal);
  const progressOptions = {
    signal,
    onProgress: listingProgress(line),
    onBytes: unpackingProgress(line),
    followLinks,
  };
  const found = await findImages(paths, progressOptions).finally(() => line.end());
  const {images, findings} = applyExcludeList(found, paths, exclude);
  const sources: ImageInput[] = images.map(image => ({image, source: image}));
  if (paths.length < args.length)
    sources.push({image: STANDARD_INPUT, source: await readStandardInput()});
  return {sources, findings};
}

/** Those beyond the one that the error tells of. */
function reportUnreadable(
  unreadable: readonly UnreadableImageError[],
  found: number,
  terminal: Terminal,
): void {
  const warn = (label: string, text: string): void =>
    terminal.alert(formatLabeled(terminal.style.warn, label, text, terminal.columns));
  if (unreadable.length > 1) {
    for (const {image, reason} of unreadable)
      warn('unreadable', `${printable(image)}: ${printable(reason)}`);
  }
  if (unreadable.length > 0) warn('skipped', formatSkipped({found, unreadable: unreadable.length}));
}

/** `finetune predict [MODEL] IMAGE...` */
export const predictCommand: CommandHandler = async ({positionals, values}, context) => {
  const {terminal} = context;
  const options = values as unknown as PredictValues;
  const {top} = options;
  const args = [positionals.model, ...(positionals.image as readonly unknown[])]
    .filter(arg => arg !== undefined)
    .map(String);
  if (args.length === 0)
    throw new UsageError(
      'Expected images to classify, but found none. Say finetune predict [MODEL] IMAGE...',
    );
  const {directory, rest} = findModel(args, terminal);
  await readModelRecord(directory);
  if (rest.length === 0)
    throw new UsageError(
      `Expected images to classify, but found none. Say finetune predict ${shellQuote(directory)} IMAGE...`,
    );
  const {sources, findings} = await findInputs(rest, options, context);
  for (const line of formatFindings(findings, terminal.style, terminal.columns)) terminal.log(line);
  terminal.draw(terminal.style.dim('starting the backend'));
  await startBackend({
    ...toBackendOptions(options, context),
    install: options.backend !== 'auto' || sources.length >= MIN_IMAGES_TO_INSTALL,
  });
  terminal.draw(terminal.style.dim('loading the model'));
  const model = await loadModel(directory);
  const isInteractive = Number.isFinite(terminal.resultColumns);
  const {classified, unreadable} = await classifyAll(
    model,
    sources,
    Math.min(isInteractive ? Math.max(2, top) : top, model.classNames.length),
    context,
  );
  model.dispose();
  reportUnreadable(unreadable, sources.length, terminal);
  const images = classified.map(({image, predictions}) => ({
    image,
    predictions: predictions.slice(0, top),
  }));
  return {
    document: {
      ...{model: directory, found: sources.length, images},
      ...{unreadable: unreadable.map(({image, reason}) => ({image, reason})), findings},
    },
    text: formatPredictions(classified, terminal.resultStyle, terminal.resultColumns, top).join(
      '\n',
    ),
    ...(classified.length > 1 && {hint: formatPredictionSummary(classified)}),
    ...(unreadable[0] !== undefined && {error: unreadable[0]}),
  };
};
