import {basename} from 'node:path';
import {UsageError} from '../../core/errors.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {describeSystemError} from '../../core/files/system-error.js';
import {formatCount} from '../../core/text/format-count.js';
import {printable} from '../../core/text/printable.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import {createThumbnails} from '../../datasets/images/thumbnail.js';
import type {checkImages} from '../../datasets/inspection/check.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {checkPage, MAX_FIGURES} from '../../report/check-page.js';
import {pickListPath} from '../load-folder.js';
import {formatFindings} from '../terminal/format-findings.js';
import {countImagesPerClass, formatFolder} from '../terminal/format-folder.js';
import type {Terminal} from '../terminal/screen/terminal.js';

export type CheckResult = Awaited<ReturnType<typeof checkImages>>;

/** Document that `check --json` prints. */
export const toDocument = (
  folder: ImageFolder,
  {findings, readable, error}: CheckResult,
): object => ({
  data: folder.root,
  layout: folder.layout,
  classes: folder.classNames,
  images: {found: everySample(folder).length, readable: readable.length},
  perClass: countImagesPerClass(folder),
  findings,
  usable: error === undefined,
});

/** Report for a terminal: classes, findings, and whether the folder is ready to train on. */
export function formatReport(
  folder: ImageFolder,
  data: string,
  {findings, readable, error}: CheckResult,
  verbose: boolean,
  {resultStyle, resultColumns}: Terminal,
): string {
  const {good, bold} = resultStyle;
  const summary = `${formatCount(readable.length, 'readable image')} in ${formatCount(folder.classNames.length, 'class', 'classes')}`;
  return [
    `${bold(printable(pickListPath(folder, data).data ?? folder.root))}: ${summary}`,
    ...formatFolder(folder, resultColumns),
    '',
    ...formatFindings(findings, resultStyle, resultColumns, verbose),
    ...(error === undefined ? [good('Ready to train.')] : []),
  ].join('\n');
}

/** @throws UsageError (exit 2) if the file cannot be written */
export async function writeOutput(path: string, option: string, text: string): Promise<void> {
  await writeFileAtomic(path, text).catch((error: unknown) => {
    throw new UsageError(
      `${path} (${option}) cannot be written: ${describeSystemError(error)}. Choose another path.`,
    );
  });
}

/** Writes the HTML page of `--html`. Its last line is the next command. */
export async function writePage(
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
