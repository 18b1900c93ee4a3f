import type {findUnusedBackends, ListedBackend} from '../../backend/runtime/list-backends.js';
import {formatBytes} from '../../core/text/format-bytes.js';
import {shellQuote} from '../../core/text/printable.js';

const NAMES = {
  'tensorflow gpu': 'TensorFlow with CUDA',
  'tensorflow cpu': 'TensorFlow on the CPU',
  'wasm cpu': 'WebAssembly',
  'wasm gpu': 'WebAssembly',
} as const;

const STATES: Readonly<Record<ListedBackend['state'], string>> = {
  used: 'used',
  ready: 'ready',
  'not-installed': 'not installed',
  unavailable: 'not available',
};

/** `TensorFlow on the CPU: used, conv2d 22.9 GFLOP/s, 634.7 MB on disk. There is no NVIDIA GPU.` */
export function formatListedBackend(listed: ListedBackend): string {
  const {backend, device, state, reason, diskBytes, installation, gflops} = listed;
  const facts = [
    STATES[state],
    ...(gflops === undefined ? [] : [`conv2d ${gflops.conv2d.toPrecision(3)} GFLOP/s`]),
    ...(diskBytes === undefined ? [] : [`${formatBytes(diskBytes)} on disk`]),
    ...(installation === undefined
      ? []
      : [
          `${formatBytes(installation.downloadBytes)} to download`,
          `${formatBytes(installation.diskBytes)} on disk`,
        ]),
  ];
  return `${NAMES[`${backend} ${device}`]}: ${facts.join(', ')}. ${reason}`;
}

/** Lines about all backends, with a label each. */
export function formatBackendList(
  backends: readonly ListedBackend[],
  unused: Awaited<ReturnType<typeof findUnusedBackends>>,
): [string, string][] {
  return [
    ...backends.map((listed, i): [string, string] => [
      i === 0 ? 'backends' : '',
      formatListedBackend(listed),
    ]),
    ...unused.map(({directory, bytes}): [string, string] => [
      'unused',
      `${formatBytes(bytes)} of another version. Remove it: rm -r ${shellQuote(directory)}`,
    ]),
  ];
}
