import {reportRun} from '../../finetune/run/export-run.js';
import type {CommandHandler} from '../command.js';

/** `finetune report RUN`: the page of a run whose training has ended, once more. */
export const reportCommand: CommandHandler = async ({positionals}) => {
  const path = await reportRun(String(positionals.run));
  return {document: {report: path}, text: path};
};
