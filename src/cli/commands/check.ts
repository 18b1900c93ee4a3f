import {dirname} from 'node:path';
import {ensureCacheFolder} from '../../core/files/cache-directory.js';
import type {Finding} from '../../core/finding.js';
import {formatCount} from '../../core/text/format-count.js';
import {printable} from '../../core/text/printable.js';
import {threadPoolSize} from '../../core/system-resources.js';
import {checkImages} from '../../datasets/inspection/check.js';
import type {ImageFolder} from '../../datasets/sample.js';
import type {CommandContext, CommandHandler} from '../command.js';
import {loadFolder} from '../load-folder.js';
import {toFolderOptions, formatFolderFlags, type FolderValues} from '../options/folder-options.js';
import {PROGRAM_NAME, quoted} from '../terminal/format.js';
import {ProgressLine} from '../terminal/screen/progress-line.js';
import {
  formatReport,
  toDocument,
  writeExcludeList,
  writePage,
  type CheckResult,
} from './check-output.js';

interface CheckValues extends FolderValues {
  readonly workers?: number;
  readonly verbose?: boolean;
  readonly html?: string;
  readonly writeExclude?: string;
  readonly cache?: boolean;
}

const STAGE_LABELS = {reading: 'reading', decoding: 'checking', comparing: 'comparing'} as const;

/** Decodes and compares the images, with a progress line. */
async function inspect(
  folder: ImageFolder,
  {workers = threadPoolSize(), cache = true}: CheckValues,
  {terminal, signal}: CommandContext,
): Promise<CheckResult> {
  const line = new ProgressLine(terminal);
  const onProgress = (done: number, total: number, stage: keyof typeof STAGE_LABELS): void =>
    line.update({title: STAGE_LABELS[stage], done, total, unit: 'images'});
  const cacheOptions = cache ? {cache: dirname(ensureCacheFolder('inspections'))} : {};
  return checkImages(folder, {workers, signal, onProgress, ...cacheOptions}).finally(() =>
    line.end(),
  );
}

/** Names of files to exclude. */
const collectExcluded = (findings: readonly Finding[]): string[] =>
  [...new Set(findings.flatMap(({exclude = []}) => exclude))].sort();

/** Commands to run next: `train` trains; `next` trains or checks again, and first writes an exclude list if files should be excluded. */
function nextCommands(
  directory: string,
  values: CheckValues,
  {hasExcluded, isUsable}: {readonly hasExcluded: boolean; readonly isUsable: boolean},
): {readonly train: string; readonly next: string} {
  const {exclude, writeExclude = exclude, ...others} = values;
  const check = `${PROGRAM_NAME} check ${quoted(directory)}${formatFolderFlags(values)}`;
  const trainWith = (list: string | undefined): string =>
    `${PROGRAM_NAME} --data ${quoted(directory)}${formatFolderFlags({...others, ...(list !== undefined && {exclude: list})})}`;
  const train = trainWith(writeExclude);
  if (hasExcluded && values.writeExclude === undefined) {
    const list = 'exclude.txt';
    return {train, next: `${check} --write-exclude ${list}\n${trainWith(list)}`};
  }
  return {train, next: isUsable ? train : check};
}

/** `finetune check DIR`. Exits with 3 if a run would reject the folder. */
export const checkCommand: CommandHandler = async (input, context) => {
  const values = input.values as CheckValues;
  const {verbose = false, html, writeExclude} = values;
  const directory = String(input.positionals.dir);
  const folder = await loadFolder(
    directory,
    {...toFolderOptions(values), collectErrors: true},
    context,
  );
  const report = await inspect(folder, values, context);
  const {findings, error} = report;
  const excluded = collectExcluded(findings);
  if (writeExclude !== undefined) await writeExcludeList(writeExclude, excluded);
  const {train, next} = nextCommands(directory, values, {
    hasExcluded: excluded.length > 0,
    isUsable: error === undefined,
  });
  if (html !== undefined) await writePage(html, folder, report, next);
  return {
    document: toDocument(folder, report),
    text: [
      formatReport(folder, directory, report, verbose, context.terminal),
      ...(writeExclude === undefined
        ? []
        : [`${formatCount(excluded.length, 'file')} to exclude: ${printable(writeExclude)}`]),
      ...(html === undefined ? [] : [`Page: ${printable(html)}`]),
    ].join('\n'),
    ...(error === undefined ? {hint: `\nNext: ${train}`} : {error}),
  };
};
