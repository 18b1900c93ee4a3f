import {UsageError} from '../../core/errors.js';
import type {BackendInfo} from '../../backend/runtime/backend-info.js';
import {installBackend} from '../../backend/install/install.js';
import {benchmarkBackend, type BackendBenchmark} from '../../backend/runtime/benchmark.js';
import {findUnusedBackends, listBackends} from '../../backend/runtime/list-backends.js';
import {resolveBackendOptions} from '../../backend/runtime/backend-options.js';
import {startBackend} from '../../backend/runtime/runtime.js';
import type {CommandHandler, CommandInput} from '../command.js';
import {
  createBackendListener,
  formatBackend,
  toBackendOptions,
  type BackendValues,
} from '../terminal/backend-view.js';
import {formatBackendList} from './format-backends.js';
import {printable} from '../../core/text/printable.js';
import {formatLines} from '../terminal/format-run-summary.js';
import type {Terminal} from '../terminal/screen/terminal.js';

const ONE_DNN_LABELS = new Map([
  [true, 'in use'],
  [false, 'not in use'],
  [null, 'none'],
]);

function formatBackendInfo(
  info: BackendInfo,
  {matmul, conv2d}: BackendBenchmark,
  list: readonly (readonly [string, string])[],
  {resultStyle, resultColumns}: Terminal,
): string {
  const formatGflops = (gflops: number): string => `${gflops.toPrecision(3)} GFLOP/s`;
  const lines = [
    ['backend', formatBackend(info)],
    ['from', info.directory === undefined ? info.from : `${info.from}, in ${info.directory}`],
    ...info.devices.map((device, index): string[] => [index === 0 ? 'devices' : '', device]),
    ['oneDNN', ONE_DNN_LABELS.get(info.oneDnn)!],
    ['matmul', formatGflops(matmul)],
    ['conv2d', formatGflops(conv2d)],
    ['versions', `tfjs ${info.tfjsVersion}, Node ${info.nodeVersion}`],
    ...list,
  ] as const;
  return formatLines(
    lines.map(([label, text]) => [label!, printable(text!)]),
    resultStyle,
    resultColumns,
  );
}

function checkTask({positionals: {task}, values: {from, offline, backend}}: CommandInput): void {
  if (task !== undefined && task !== 'install') {
    throw new UsageError(
      `finetune backend cannot do "${String(task)}", only install. See finetune backend --help.`,
    );
  }
  if (task === undefined && from !== undefined) {
    throw new UsageError(
      '--from is only for an installation. Run finetune backend install --from ....',
    );
  }
  if (task === 'install' && offline === true && from === undefined) {
    throw new UsageError(
      'finetune backend install --offline has nothing to install from. Give --from WHEEL.',
    );
  }
  if (task === 'install' && backend === 'wasm') {
    throw new UsageError(
      '--backend wasm is always installed. Use --backend auto or tensorflow with finetune backend install.',
    );
  }
}

/** `finetune backend [install]` */
export const backendCommand: CommandHandler = async (input, context) => {
  checkTask(input);
  const options = toBackendOptions(input.values as unknown as BackendValues, context);
  const {signal, terminal} = context;
  const install = input.positionals.task === 'install';
  const from = input.values.from as string | undefined;
  if (install) {
    const onProgress = createBackendListener(terminal, '');
    await installBackend({from, offline: options.offline, onProgress, signal});
  }
  const requested = resolveBackendOptions(options);
  const backend = install ? 'tensorflow' : requested.backend;
  // Showing what is there installs nothing; TensorFlow asked for by name is installed, as everywhere.
  const info = await startBackend({...requested, backend, install: backend === 'tensorflow'});
  const gflops = benchmarkBackend(info);
  const backends = await listBackends({info, gflops, requested}, signal);
  const unused = await findUnusedBackends();
  return {
    document: {...info, gflops, backends, unused},
    text: formatBackendInfo(info, gflops, formatBackendList(backends, unused), terminal),
  };
};
