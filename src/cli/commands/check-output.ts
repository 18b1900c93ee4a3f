import {basename} from 'node:path';
import {writeOutput} from '../../core/files/atomic-write.js';
import {formatPathList} from '../../core/files/path-list.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {printable} from '../../core/text/printable.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import {createThumbnails} from '../../datasets/images/thumbnail.js';
import type {checkImages} from '../../datasets/inspection/check.js';
import type {ImageFolder, Sample} from '../../datasets/sample.js';
import {checkPage, MAX_FIGURES, MAX_GROUPS} from '../../report/check/check-page.js';
import {pickListPath} from '../load-folder.js';
import {formatFindings} from '../terminal/format-findings.js';
import {countFolder, formatClassCounts, toCountRecord} from '../terminal/classes/class-counts.js';
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
  perClass: toCountRecord(countFolder(folder)),
  findings,
  usable: error === undefined,
});

/** Indentation of the table of classes. */
const INDENT = '  ';

/** Report for a terminal: classes, findings, and whether the folder is ready to train on. */
export function formatReport(
  folder: ImageFolder,
  data: string,
  {findings, readable, error}: CheckResult,
  verbose: boolean,
  {resultStyle, resultColumns}: Terminal,
): string {
  const {good, bold} = resultStyle;
  const found = everySample(folder).length;
  const unreadable = found - readable.length;
  const summary = `${formatCount(found, 'image')} in ${formatCount(folder.classNames.length, 'class', 'classes')}${unreadable === 0 ? '' : `, ${formatInteger(unreadable)} of them unreadable`}`;
  return [
    `${bold(printable(pickListPath(folder, data).data ?? folder.root))}: ${summary}`,
    ...formatClassCounts(countFolder(folder), {
      style: resultStyle,
      columns: resultColumns - INDENT.length,
      ...(verbose && {limit: Infinity}),
      elsewhere: '--verbose lists them',
    }).map(line => `${INDENT}${line}`),
    '',
    ...formatFindings(findings, resultStyle, resultColumns, verbose),
    ...(error === undefined ? [good('Ready to train.')] : []),
  ].join('\n');
}

/** Writes the list of `--write-exclude`. */
export const writeExcludeList = (path: string, excluded: readonly string[]): Promise<void> =>
  writeOutput(path, '--write-exclude', formatPathList(excluded));

/** Number of images that are shown of each class. */
const SAMPLES_PER_CLASS = 4;

/** Evenly spaced images of a class. */
const pickSamples = (samples: readonly Sample[]): string[] => {
  const step = Math.max(1, samples.length / SAMPLES_PER_CLASS);
  return Array.from(
    {length: Math.min(SAMPLES_PER_CLASS, samples.length)},
    (_, i) => samples[Math.floor(i * step)]!.name,
  );
};

/** Writes the HTML page of `--html`. Its last line is the next command. */
export async function writePage(
  path: string,
  folder: ImageFolder,
  {findings, readable, distributions, error}: CheckResult,
  next: string,
): Promise<void> {
  const {splits, classes: counted} = countFolder(folder);
  const classes = counted.map(({name, counts}, label) => ({
    name,
    counts: Object.fromEntries(splits.map((split, i) => [split, counts[i]!])),
    samples: pickSamples(readable.filter(sample => sample.label === label)),
  }));
  const shown = new Set([
    ...findings.flatMap(({files, groups = []}) => [
      ...files.slice(0, MAX_FIGURES),
      ...groups.slice(0, MAX_GROUPS).flatMap(group => group.slice(0, MAX_FIGURES)),
    ]),
    ...classes.flatMap(({samples}) => samples),
  ]);
  const thumbnails = await createThumbnails(readable.filter(({name}) => shown.has(name)));
  const record = {
    name: basename(folder.root),
    images: readable.length,
    ...{classes, findings, distributions, thumbnails, next},
  };
  await writeOutput(
    path,
    '--html',
    checkPage({...record, ...(error !== undefined && {error: error.message})}),
  );
}
