import {printable} from '../../core/text/printable.js';
import {basename, dirname} from 'node:path';
import {ensureCacheFolder} from '../../core/files/cache-directory.js';
import {UsageError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {describeSystemError} from '../../core/files/system-error.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {checkImages} from '../../datasets/inspection/check.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {threadPoolSize} from '../../core/system-resources.js';
import {createThumbnails} from '../../datasets/images/thumbnail.js';
import {checkPage, MAX_FIGURES} from '../../report/check-page.js';
import {formatCount} from '../../report/format.js';
import type {CommandHandler, CommandContext} from '../command.js';
import {formatFindings} from '../terminal/format-findings.js';
import {countImagesPerClass, formatFolder} from '../terminal/format-folder.js';
import {toFolderOptions, formatFolderFlags, type FolderValues} from '../options/folder-options.js';
import {formatPathList} from '../options/path-list.js';
import {pickListPath, loadFolder} from '../load-folder.js';
import {ProgressLine} from '../terminal/screen/progress-line.js';
import {PROGRAM_NAME, quoted} from '../terminal/format.js';

interface CheckValues extends FolderValues {
  readonly workers?: number;
  readonly verbose?: boolean;
  readonly html?: string;
  readonly writeExclude?: string;
  readonly cache?: boolean;
}

type CheckResult = Awaited<ReturnType<typeof checkImages>>;

const STAGE_LABELS = {reading: 'reading', decoding: 'checking', comparing: 'comparing'} as const;

function formatReport(
  folder: ImageFolder,
  data: string,
  {findings, readable, error}: CheckResult,
  verbose: boolean,
  {terminal}: CommandContext,
): string {
  const {good, bold} = terminal.resultStyle;
  const summary = `${formatCount(readable.length, 'readable image')} in ${formatCount(folder.classNames.length, 'class', 'classes')}`;
  return [
    `${bold(printable(pickListPath(folder, data).data ?? folder.root))}: ${summary}`,
    ...formatFolder(folder, terminal.resultColumns),
    '',
    ...formatFindings(findings, terminal.resultStyle, terminal.resultColumns, verbose),
    ...(error === undefined ? [good('Ready to train.')] : []),
  ].join('\n');
}

/** @throws UsageError (exit 2) where it cannot be written */
async function writeOutput(path: string, option: string, text: string): Promise<void> {
  await writeFileAtomic(path, text).catch((error: unknown) => {
    throw new UsageError(
      `Expected a file to write at ${path} for ${option}, but found ${describeSystemError(error)}. Choose another path.`,
    );
  });
}

async function writePage(
  path: string,
  folder: ImageFolder,
  {findings, readable, error}: CheckResult,
  next: string,
): Promise<void> {
  const shown = new Set(findings.flatMap(({files}) => files.slice(0, MAX_FIGURES)));
  const thumbnails = await createThumbnails(readable.filter(({name}) => shown.has(name)));
  const record = {
    name: basename(folder.root),
    images: readable.length,
    classes: countImagesPerClass(folder),
    findings,
    thumbnails,
    next,
  };
  await writeOutput(
    path,
    '--html',
    checkPage({...record, ...(error !== undefined && {error: error.message})}),
  );
}

/** Names of files to exclude. */
const collectExcluded = (findings: readonly Finding[]): string[] =>
  [...new Set(findings.flatMap(({exclude = []}) => exclude))].sort();

const formatExcludeCommands = (directory: string, values: FolderValues): string =>
  [
    `${PROGRAM_NAME} check ${quoted(directory)}${formatFolderFlags(values)} --write-exclude exclude.txt`,
    `${PROGRAM_NAME} --data ${quoted(directory)}${formatFolderFlags({...values, exclude: 'exclude.txt'})}`,
  ].join('\n');

/** `finetune check DIR`: exit 3 where a run would refuse the folder. */
export const checkCommand: CommandHandler = async (input, context) => {
  const {terminal, signal} = context;
  const {
    workers = threadPoolSize(),
    verbose = false,
    html,
    writeExclude,
    cache = true,
    ...values
  } = input.values as CheckValues;
  const folder = await loadFolder(
    String(input.positionals.dir),
    {...toFolderOptions(values), collectErrors: true},
    context,
  );
  const line = new ProgressLine(terminal);
  const onProgress = (done: number, total: number, stage: keyof typeof STAGE_LABELS): void =>
    line.update({title: STAGE_LABELS[stage], done, total, unit: 'images'});
  const cacheOptions = cache ? {cache: dirname(ensureCacheFolder('inspections'))} : {};
  const report = await checkImages(folder, {workers, signal, onProgress, ...cacheOptions}).finally(
    () => line.end(),
  );
  const {root, classNames, layout} = folder;
  const {findings, readable, error} = report;
  const excluded = collectExcluded(findings);
  if (writeExclude !== undefined)
    await writeOutput(writeExclude, '--write-exclude', formatPathList(excluded));
  const images = {found: everySample(folder).length, readable: readable.length};
  const flags = formatFolderFlags({
    ...values,
    ...(writeExclude !== undefined && {exclude: writeExclude}),
  });
  const next = `${PROGRAM_NAME} --data ${quoted(String(input.positionals.dir))}${flags}`;
  const recheckCommand = `${PROGRAM_NAME} check ${quoted(String(input.positionals.dir))}${formatFolderFlags(values)}`;
  const usable = error === undefined ? next : recheckCommand;
  const command =
    excluded.length > 0 && writeExclude === undefined
      ? formatExcludeCommands(String(input.positionals.dir), values)
      : usable;
  if (html !== undefined) await writePage(html, folder, report, command);
  return {
    document: {
      data: root,
      layout,
      classes: classNames,
      images,
      perClass: countImagesPerClass(folder),
      findings,
      usable: error === undefined,
    },
    text: [
      formatReport(folder, String(input.positionals.dir), report, verbose, context),
      ...(writeExclude === undefined
        ? []
        : [`${formatCount(excluded.length, 'file')} to exclude: ${printable(writeExclude)}`]),
      ...(html === undefined ? [] : [`Page: ${printable(html)}`]),
    ].join('\n'),
    ...(error === undefined ? {hint: `\nNext: ${next}`} : {error}),
  };
};
