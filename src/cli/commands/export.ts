import {UsageError} from '../../core/errors.js';
import {printable} from '../../core/text/printable.js';
import {exportBackbone} from '../../finetune/features/export-backbone.js';
import type {NetworkSource} from '../../finetune/features/network-source.js';
import {exportRun, reportRun} from '../../finetune/run/export-run.js';
import type {CommandContext, CommandHandler, CommandResult} from '../command.js';
import {toNetworkSource} from '../options/network-source.js';
import {toBackendOptions, type BackendValues} from '../terminal/backend-view.js';
import {ConsoleView} from '../terminal/console-view.js';
import {PROGRAM_NAME, quoted} from '../terminal/format.js';

/** Whether TensorFlow is installed for an export: it computes two images, to verify what it wrote. */
const INSTALLS = false;

interface ExportValues extends BackendValues {
  readonly out?: string;
  /** `c2,c3,c4,c5` */
  readonly features?: string;
  readonly verbose?: boolean;
}

async function exportClassifier(
  run: string,
  {out, ...backendValues}: ExportValues,
  context: CommandContext,
): Promise<CommandResult> {
  const {directory, record, verification} = await exportRun(run, {
    ...toBackendOptions(backendValues, context, INSTALLS),
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
}

/** `export MODEL --features c2,c3`, or the same of weights by themselves. */
async function exportFeatureMaps(
  source: NetworkSource,
  names: readonly string[],
  {out, verbose = false, ...backendValues}: ExportValues,
  context: CommandContext,
): Promise<CommandResult> {
  const view = new ConsoleView(context.terminal, {verbose});
  const {directory, record, maxDifference} = await exportBackbone(source, names, out, {
    backend: toBackendOptions(backendValues, context, INSTALLS),
    onEvent: view.listen,
    signal: context.signal,
  }).finally(() => view.close());
  const {arch, lastStage, features, contentHash} = record;
  const maps = features.map(
    ({name, stride, channels}) => `${name}: stride ${stride}, ${channels} channels`,
  );
  return {
    document: {directory, arch, lastStage, features, contentHash, maxDifference},
    text: [printable(directory), ...maps.map(map => `  ${map}`)].join('\n'),
  };
}

/**
 * `finetune export RUN`: exports the model of a run again, once its training has ended. With `--features`, exports the feature maps of a
 * model or of weights.
 */
export const exportCommand: CommandHandler = async (input, context) => {
  const {features, ...values} = input.values as unknown as ExportValues;
  const run = input.positionals.run as string | undefined;
  const source = toNetworkSource(run, input);
  if (features !== undefined)
    return exportFeatureMaps(source, features.split(','), values, context);
  if (run === undefined)
    throw new UsageError(
      `${PROGRAM_NAME} export needs the directory of a run. Run ${PROGRAM_NAME} export RUN.`,
    );
  return exportClassifier(run, values, context);
};

/** `finetune report RUN`: writes the report of a run again, once its training has ended. */
export const reportCommand: CommandHandler = async ({positionals}) => {
  const path = await reportRun(String(positionals.run));
  return {document: {report: path}, text: path};
};
