import {exportRun} from '../../finetune/export-run.js';
import type {Action} from '../action.js';
import {engineWish, type EngineValues} from '../engine-view.js';
import {PROGRAM, quoted} from '../words.js';

interface ExportValues extends EngineValues {
  readonly out?: string;
}

/** `finetune export RUN`: the model of a run whose training has ended, once more. */
export const exportModel: Action = async ({positionals, values}, session) => {
  const {out, ...wish} = values as unknown as ExportValues;
  const {directory, record, proof} = await exportRun(String(positionals.run), {
    ...engineWish(wish, session),
    ...(out !== undefined && {out}),
  });
  return {
    document: {model: directory, classes: record.classes, contentHash: record.contentHash, ...proof},
    text: directory,
    hint: `Next: ${PROGRAM} predict ${quoted(directory)} IMAGE`,
  };
};
