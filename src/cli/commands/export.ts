import {exportRun, reportRun} from '../../finetune/run/export-run.js';
import type {CommandHandler} from '../command.js';
import {toBackendOptions, type BackendValues} from '../terminal/backend-view.js';
import {PROGRAM_NAME, quoted} from '../terminal/format.js';

interface ExportValues extends BackendValues {
  readonly out?: string;
}

/** `finetune export RUN`: exports the model of a run again, once its training has ended. */
export const exportCommand: CommandHandler = async ({positionals, values}, context) => {
  const {out, ...backendValues} = values as unknown as ExportValues;
  const {directory, record, verification} = await exportRun(String(positionals.run), {
    ...toBackendOptions(backendValues, context),
    ...(out !== undefined && {out}),
  });
  return {
    document: {
      model: directory,
      classes: record.classes,
      contentHash: record.contentHash,
      ...verification,
    },
    text: directory,
    hint: `Next: ${PROGRAM_NAME} predict ${quoted(directory)} IMAGE`,
  };
};

/** `finetune report RUN`: writes the report of a run again, once its training has ended. */
export const reportCommand: CommandHandler = async ({positionals}) => {
  const path = await reportRun(String(positionals.run));
  return {document: {report: path}, text: path};
};
