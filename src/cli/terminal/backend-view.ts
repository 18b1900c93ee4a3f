import {threadPoolSize} from '../../core/system-resources.js';
import {describeGpu} from '../../backend/runtime/device.js';
import type {
  BackendEvent,
  BackendInfo,
  BackendOptions,
} from '../../backend/runtime/backend-info.js';
import {formatCount} from '../../core/text/format-count.js';
import type {CommandContext} from '../command.js';
import {ProgressLine} from './screen/progress-line.js';
import type {Terminal} from './screen/terminal.js';
import {formatLabeled} from './screen/layout.js';

/** `TensorFlow 2.21.0 on the CPU, 2 threads` */
export function formatBackend({
  backend,
  tensorflowVersion,
  device,
  gpu,
  threads,
}: BackendInfo): string {
  const name =
    backend === 'tensorflow'
      ? `TensorFlow ${tensorflowVersion ?? ''}`.trim()
      : 'portable (WebAssembly)';
  const deviceLabel =
    device === 'cpu' ? 'the CPU' : gpu === undefined ? 'the GPU' : describeGpu(gpu);
  return `${name} on ${deviceLabel}, ${formatCount(threads, 'thread')}`;
}

/** `decoding with 4 threads, TensorFlow computes with 2` */
export function formatThreads(
  workers: number | undefined,
  {backend, threads}: BackendInfo,
  environment = process.env,
): string {
  const available = threadPoolSize(environment);
  const decodeThreads = formatCount(Math.min(workers ?? available, available), 'thread');
  return `decoding with ${decodeThreads}, ${backend === 'tensorflow' ? 'TensorFlow' : 'the portable backend'} computes with ${threads}`;
}

/** One line at 80 columns: of a command that classifies a few images, nothing is wrong. */
const NOT_INSTALLED = 'WebAssembly, as TensorFlow is not installed: finetune backend install';
/** Said before a download that nobody asked for by name. */
const WITHOUT_DOWNLOAD = ' To do without it, slower: --backend wasm.';

/** Creates a listener that shows how a backend starts: installation steps, and a warning if another backend replaces TensorFlow. */
export function createBackendListener(
  terminal: Terminal,
  withoutDownload = WITHOUT_DOWNLOAD,
): (event: BackendEvent) => void {
  const progress = new ProgressLine(terminal);
  const {style} = terminal;
  return event => {
    if (event.type === 'fallback') {
      progress.end();
      const text = event.code === undefined ? event.reason : NOT_INSTALLED;
      terminal.alert(formatLabeled(style.warn, 'backend', text, terminal.columns));
    } else if (event.step === 'plan') {
      const text = `${event.label}.${withoutDownload}`;
      terminal.log(formatLabeled(style.dim, 'install', text, terminal.columns));
    } else if (event.bytes === 0) {
      progress.end();
      terminal.log(formatLabeled(style.dim, event.step, event.label, terminal.columns));
    } else if (event.totalBytes !== null) {
      progress.update({
        title: event.step,
        done: event.bytes,
        total: event.totalBytes,
        unit: 'bytes',
      });
      if (event.bytes >= event.totalBytes) progress.end();
    }
  };
}

/** Options that select a backend. */
export type BackendValues = Pick<BackendOptions, 'backend' | 'device' | 'offline'>;

/** Minimum number of images that TensorFlow is downloaded for. Fewer are done sooner without it. */
const MIN_IMAGES_TO_INSTALL = 200;

/** Whether TensorFlow is installed, if it is missing, to classify this number of images. */
export const isWorthInstalling = (images: number): boolean => images >= MIN_IMAGES_TO_INSTALL;

/**
 * Backend options of a command, with progress on the terminal.
 * @param installs whether TensorFlow is installed if it is missing, although no backend is named
 */
export const toBackendOptions = (
  {backend, device, offline}: BackendValues,
  {terminal, signal}: CommandContext,
  installs = true,
): BackendOptions => ({
  ...{backend, device, offline, signal},
  install: backend !== 'auto' || installs,
  onEvent: createBackendListener(terminal),
});
