import {describeGpu} from '../engine/device.js';
import type {BackendEvent, BackendInfo, BackendOptions} from '../engine/engine-info.js';
import {formatCount} from '../report/format.js';
import type {CommandContext} from './action.js';
import {ProgressLine} from './progress-line.js';
import type {Terminal} from './terminal.js';
import {formatLabeled} from './layout.js';

/** `TensorFlow 2.21.0 on the CPU, 2 threads` */
export function formatBackend({backend, tensorflowVersion, device, gpu, threads}: BackendInfo): string {
  const name = backend === 'tensorflow' ? `TensorFlow ${tensorflowVersion ?? ''}`.trim() : 'portable (WebAssembly)';
  const deviceLabel = device === 'cpu' ? 'the CPU' : gpu === undefined ? 'the GPU' : describeGpu(gpu);
  return `${name} on ${deviceLabel}, ${formatCount(threads, 'thread')}`;
}

/** Tells how the start of an engine goes: the steps of an installation, and loudly when another engine takes TensorFlow's place. */
export function createBackendListener(terminal: Terminal): (event: BackendEvent) => void {
  const progress = new ProgressLine(terminal);
  const {style} = terminal;
  return event => {
    if (event.type === 'fallback') {
      progress.end();
      terminal.alert(formatLabeled(style.warn, 'backend', event.reason, terminal.columns));
    } else if (event.bytes === 0) {
      progress.end();
      terminal.log(formatLabeled(style.dim, event.step, event.label, terminal.columns));
    } else if (event.totalBytes !== null) {
      progress.update({title: event.step, done: event.bytes, total: event.totalBytes, unit: 'bytes'});
      if (event.bytes >= event.totalBytes) progress.end();
    }
  };
}

/** The options that choose an engine. */
export type BackendValues = Pick<BackendOptions, 'backend' | 'device' | 'offline'>;

/** What a command asks of the engine. */
export const toBackendOptions = ({backend, device, offline}: BackendValues, {terminal, signal}: CommandContext): BackendOptions => ({
  backend,
  device,
  offline,
  signal,
  onEvent: createBackendListener(terminal),
});
