import {exportRun} from '../../finetune/export-run.js';
import type {CommandHandler} from '../action.js';
import {toBackendOptions, type BackendValues} from '../engine-view.js';
import {PROGRAM_NAME, quoted} from '../words.js';

interface ExportValues extends BackendValues {
  readonly out?: string;
}

/** `finetune export RUN`: the model of a run whose training has ended, once more. */
export const exportCommand: CommandHandler = async ({positionals, values}, context) => {
  const {out, ...backendValues} = values as unknown as ExportValues;
  const {directory, record, verification} = await exportRun(String(positionals.run), {
    ...toBackendOptions(backendValues, context),
    ...(out !== undefined && {out}),
  });
  return {
    document: {model: directory, classes: record.classes, contentHash: record.contentHash, ...verification},
    text: directory,
    hint: `Next: ${PROGRAM_NAME} predict ${quoted(directory)} IMAGE`,
  };
};
