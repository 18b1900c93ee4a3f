import {printable} from '../../core/printable.js';
import {basename, dirname} from 'node:path';
import {claimCache} from '../../core/cache-directory.js';
import {UsageError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {whyOf} from '../../core/system-error.js';
import {writeWhole} from '../../core/write-file.js';
import {checkImages} from '../../datasets/check.js';
import {everySample, type ImageFolder} from '../../datasets/image-folder.js';
import {poolThreads} from '../../datasets/pool-threads.js';
import {thumbnailsOf} from '../../datasets/thumbnail.js';
import {checkPage, MOST_PICTURES} from '../../report/check-page.js';
import {plural} from '../../report/format.js';
import type {Action, Session} from '../action.js';
import {findingLines} from '../finding-lines.js';
import {classSizes, folderLines} from '../folder-lines.js';
import {folderOptions, folderWords, type FolderValues} from '../folder-options.js';
import {formatNames} from '../name-list.js';
import {listOf, loadFolder} from '../load-folder.js';
import {ProgressLine} from '../progress-line.js';
import {PROGRAM, quoted} from '../words.js';

interface CheckValues extends FolderValues {
  readonly workers?: number;
  readonly verbose?: boolean;
  readonly html?: string;
  readonly fixList?: string;
  readonly cache?: boolean;
}

type Report = Awaited<ReturnType<typeof checkImages>>;

const TITLES = {reading: 'reading', decoding: 'checking', comparing: 'comparing'} as const;

function tell(folder: ImageFolder, data: string, {findings, readable, refusal}: Report, verbose: boolean, {terminal}: Session): string {
  const {good, bold} = terminal.resultStyle;
  const summary = `${plural(readable.length, 'readable image')} in ${plural(folder.classNames.length, 'class', 'classes')}`;
  return [
    `${bold(printable(listOf(folder, data).data ?? folder.root))}: ${summary}`,
    ...folderLines(folder, terminal.resultColumns),
    '',
    ...findingLines(findings, terminal.resultStyle, terminal.resultColumns, verbose),
    ...(refusal === undefined ? [good('Ready to train.')] : []),
  ].join('\n');
}

/** @throws UsageError (exit 2) where it cannot be written */
async function write(path: string, option: string, text: string): Promise<void> {
  await writeWhole(path, text).catch((error: unknown) => {
    throw new UsageError(`Expected a file to write at ${path} for ${option}, but found ${whyOf(error)}. Choose another path.`);
  });
}

async function writePage(path: string, folder: ImageFolder, {findings, readable, refusal}: Report, next: string): Promise<void> {
  const shown = new Set(findings.flatMap(({files}) => files.slice(0, MOST_PICTURES)));
  const thumbnails = await thumbnailsOf(readable.filter(({name}) => shown.has(name)));
  const record = {name: basename(folder.root), images: readable.length, classes: classSizes(folder), findings, thumbnails, next};
  await write(path, '--html', checkPage({...record, ...(refusal !== undefined && {refusal: refusal.message})}));
}

/** Names that had better be left out. */
const toExclude = (findings: readonly Finding[]): string[] => [...new Set(findings.flatMap(({exclude = []}) => exclude))].sort();

const fixing = (directory: string, values: FolderValues): string =>
  [
    `${PROGRAM} check ${quoted(directory)}${folderWords(values)} --fix-list exclude.txt`,
    `${PROGRAM} --data ${quoted(directory)}${folderWords({...values, exclude: 'exclude.txt'})}`,
  ].join('\n');

/** `finetune check DIR`: exit 3 where a run would refuse the folder. */
export const check: Action = async (request, session) => {
  const {terminal, signal} = session;
  const {workers = poolThreads(), verbose = false, html, fixList, cache = true, ...values} = request.values as CheckValues;
  const folder = await loadFolder(String(request.positionals.dir), {...folderOptions(values), tolerant: true}, session);
  const line = new ProgressLine(terminal);
  const onProgress = (done: number, total: number, stage: keyof typeof TITLES): void =>
    line.update({title: TITLES[stage], done, total, unit: 'images'});
  const kept = cache ? {cache: dirname(claimCache('looks'))} : {};
  const report = await checkImages(folder, {workers, signal, onProgress, ...kept}).finally(() => line.end());
  const {root, classNames, layout} = folder;
  const {findings, readable, refusal} = report;
  const excluded = toExclude(findings);
  if (fixList !== undefined) await write(fixList, '--fix-list', formatNames(excluded));
  const images = {found: everySample(folder).length, readable: readable.length};
  const same = folderWords({...values, ...(fixList !== undefined && {exclude: fixList})});
  const next = `${PROGRAM} --data ${quoted(String(request.positionals.dir))}${same}`;
  const again = `${PROGRAM} check ${quoted(String(request.positionals.dir))}${folderWords(values)}`;
  const usable = refusal === undefined ? next : again;
  const command = excluded.length > 0 && fixList === undefined ? fixing(String(request.positionals.dir), values) : usable;
  if (html !== undefined) await writePage(html, folder, report, command);
  return {
    document: {data: root, layout, classes: classNames, images, perClass: classSizes(folder), findings, usable: refusal === undefined},
    text: [
      tell(folder, String(request.positionals.dir), report, verbose, session),
      ...(fixList === undefined ? [] : [`${plural(excluded.length, 'file')} to leave out: ${printable(fixList)}`]),
      ...(html === undefined ? [] : [`Page: ${printable(html)}`]),
    ].join('\n'),
    ...(refusal === undefined ? {hint: `\nNext: ${next}`} : {error: refusal}),
  };
};
