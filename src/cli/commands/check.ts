import {checkImages} from '../../datasets/check.js';
import {everySample, type ImageFolder, type ImageFolderOptions} from '../../datasets/image-folder.js';
import {poolThreads} from '../../datasets/pool-threads.js';
import {plural} from '../../report/format.js';
import type {Action, Request, Session} from '../action.js';
import {findingLines} from '../finding-lines.js';
import {classSizes, folderLines} from '../folder-lines.js';
import {loadFolder} from '../load-folder.js';
import {ProgressLine} from '../progress-line.js';
import {printable, PROGRAM, quoted} from '../words.js';

type Report = Awaited<ReturnType<typeof checkImages>>;

function tell(folder: ImageFolder, {findings, readable, refusal}: Report, verbose: boolean, {terminal}: Session): string {
  const {good, bold} = terminal.resultStyle;
  const summary = `${plural(readable.length, 'readable image')} in ${plural(folder.classNames.length, 'class', 'classes')}`;
  return [
    `${bold(printable(folder.root))}: ${summary}`,
    ...folderLines(folder),
    '',
    ...findingLines(findings, terminal.resultStyle, terminal.columns, verbose),
    ...(refusal === undefined ? [good('Ready to train.')] : []),
  ].join('\n');
}

function optionsOf({values}: Request): ImageFolderOptions {
  const {valData, testData} = values as {readonly valData?: string; readonly testData?: string};
  return {...(valData !== undefined && {valData}), ...(testData !== undefined && {testData})};
}

/** `finetune check DIR`: exit 3 where a run would refuse the folder. */
export const check: Action = async (request, session) => {
  const {terminal, signal} = session;
  const {workers = poolThreads(), verbose = false} = request.values as {readonly workers?: number; readonly verbose?: boolean};
  const folder = await loadFolder(String(request.positionals.dir), optionsOf(request), session);
  const line = new ProgressLine(terminal);
  const onProgress = (done: number, total: number): void => line.update({title: 'checking', done, total, unit: 'images'});
  const report = await checkImages(folder, {workers, signal, onProgress}).finally(() => line.end());
  const {root, classNames, layout} = folder;
  const {findings, readable, refusal} = report;
  const images = {found: everySample(folder).length, readable: readable.length};
  return {
    document: {data: root, layout, classes: classNames, images, perClass: classSizes(folder), findings, usable: refusal === undefined},
    text: tell(folder, report, verbose, session),
    ...(refusal === undefined ? {hint: `\nNext: ${PROGRAM} --data ${quoted(String(request.positionals.dir))}`} : {error: refusal}),
  };
};
