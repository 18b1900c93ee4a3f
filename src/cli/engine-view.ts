import {describeGpu} from '../engine/device.js';
import type {EngineEvent, EngineInfo, EngineWish} from '../engine/engine-info.js';
import {plural} from '../report/format.js';
import type {Session} from './action.js';
import {ProgressLine} from './progress-line.js';
import type {Terminal} from './terminal.js';
import {labelled} from './layout.js';

/** `TensorFlow 2.21.0 on the CPU, 2 threads` */
export function engineSentence({engine, tensorflowVersion, device, gpu, threads}: EngineInfo): string {
  const name = engine === 'tensorflow' ? `TensorFlow ${tensorflowVersion ?? ''}`.trim() : 'portable (WebAssembly)';
  const where = device === 'cpu' ? 'the CPU' : gpu === undefined ? 'the GPU' : describeGpu(gpu);
  return `${name} on ${where}, ${plural(threads, 'thread')}`;
}

/** Tells how the start of an engine goes: the steps of an installation, and loudly when another engine takes TensorFlow's place. */
export function engineView(terminal: Terminal): (event: EngineEvent) => void {
  const progress = new ProgressLine(terminal);
  const {style} = terminal;
  return event => {
    if (event.type === 'fallback') {
      progress.end();
      terminal.alert(labelled(style.warn, 'engine', event.reason, terminal.columns));
    } else if (event.bytes === 0) {
      progress.end();
      terminal.log(labelled(style.dim, event.step, event.what, terminal.columns));
    } else if (event.totalBytes !== null) {
      progress.update({title: event.step, done: event.bytes, total: event.totalBytes, unit: 'bytes'});
      if (event.bytes >= event.totalBytes) progress.end();
    }
  };
}

/** The options that choose an engine. */
export type EngineValues = Pick<EngineWish, 'engine' | 'device' | 'offline'>;

/** What a command asks of the engine. */
export const engineWish = ({engine, device, offline}: EngineValues, {terminal, signal}: Session): EngineWish => ({
  engine,
  device,
  offline,
  signal,
  onEvent: engineView(terminal),
});
