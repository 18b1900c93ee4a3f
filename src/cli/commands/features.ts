import {printable} from '../../core/text/printable.js';
import {formatCount} from '../../core/text/format-count.js';
import {extractFeatures} from '../../finetune/features/extract-features.js';
import {checkVectorFiles} from '../../finetune/features/vector-files.js';
import type {CommandHandler} from '../command.js';
import {loadFolder} from '../load-folder.js';
import {toFolderOptions, type FolderValues} from '../options/folder-options.js';
import {toNetworkSource} from '../options/network-source.js';
import {toBackendOptions, type BackendValues} from '../terminal/backend-view.js';
import {ConsoleView} from '../terminal/console-view.js';
import {formatSkipped} from '../terminal/skipped-summary.js';

interface FeaturesValues extends BackendValues, FolderValues {
  readonly model?: string;
  readonly out: string;
  readonly overwrite?: boolean;
  readonly workers?: number;
  readonly cacheMemory?: number;
  readonly cacheDisk?: number;
  readonly verbose?: boolean;
}

/** `finetune features DIR`: writes a vector per image. */
export const featuresCommand: CommandHandler = async (input, context) => {
  const {terminal, signal} = context;
  const values = input.values as unknown as FeaturesValues;
  const {model, out, overwrite = false, workers, cacheMemory, cacheDisk, verbose = false} = values;
  const source = toNetworkSource(model, input);
  const directory = String(input.positionals.dir);
  checkVectorFiles(out, overwrite);
  const folder = await loadFolder(directory, toFolderOptions(values), context);
  const view = new ConsoleView(terminal, {verbose});
  const {files, width, images, network, findings} = await extractFeatures(folder, source, out, {
    backend: toBackendOptions(values, context),
    onEvent: view.listen,
    signal,
    overwrite,
    ...(workers !== undefined && {workers}),
    ...(cacheMemory !== undefined && {cacheMemory}),
    ...(cacheDisk !== undefined && {cacheDisk}),
  }).finally(() => view.close());
  const {found, written} = images;
  const {arch, lastStage} = network.spec;
  const skipped = {found, unreadable: found - written};
  return {
    document: {
      ...{files, shape: [written, width], arch, lastStage, weights: network.origin},
      ...{pooling: network.head.pooling, preprocessing: network.preprocessing},
      ...{classes: folder.classNames, images, findings},
    },
    text: [
      `${files.map(printable).join(', ')}: ${formatCount(written, 'image')} x ${formatCount(width, 'feature')}`,
      ...(written < found ? [`skipped ${formatSkipped(skipped)}`] : []),
    ].join('\n'),
  };
};
