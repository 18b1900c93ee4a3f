import {writeSync} from 'node:fs';
import {createRequire} from 'node:module';
import {isMainThread} from 'node:worker_threads';
import {guardPath} from '../install/backend-directory.js';

/** native/guard.cc */
interface NativeGuard {
  /** Holds back what is written to standard error from here on. */
  capture(): void;
  /** Ends that. @returns what was held back */
  release(): string;
  /** Blocks the signals that programs are informed by, in this thread and those it starts from here on. */
  shield(): void;
  /** Sets a variable of the process. */
  setEnvironment(name: string, value: string): void;
}

const loadGuard = (directory: string): NativeGuard =>
  createRequire(import.meta.url)(guardPath(directory)) as NativeGuard;

/**
 * Keeps signals from the threads that compute: oneDNN's matrix kernels for AVX2 point the stack register into the heap while they run, and a
 * signal that is handled there tears the heap (https://github.com/uxlfoundation/oneDNN/issues/4845). A terminal that is resized sends
 * dozens. Node's other threads take them instead. To be called before TensorFlow starts threads.
 */
export const blockSignals = (directory: string): void => loadGuard(directory).shield();

/**
 * Lets TensorFlow see settings that were made in this thread. A Worker has a copy of the environment; the main thread has the one that
 * libraries read.
 */
export function shareEnvironment(directory: string, names: readonly string[]): void {
  if (isMainThread) return;
  const guard = loadGuard(directory);
  for (const name of names)
    if (process.env[name] !== undefined) guard.setEnvironment(name, process.env[name]);
}

const STDERR = 2;

/** What TensorFlow says on every start, whatever its log level. */
const NOISE_PATTERNS = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called/,
  /\] oneDNN custom operations are on\. /,
  // Of a TensorFlow with CUDA, where GPUs are hidden from it or there is no driver: what was requested, or set by us.
  /\] failed call to cuInit: .*CUDA_ERROR_NO_DEVICE/,
  /\] Could not find cuda drivers on your machine/,
];

/** Runs `load`, and lets through to standard error only what is not known noise. A crash shows everything. */
export function silenceStderr(directory: string, load: () => void): void {
  const guard = loadGuard(directory);
  guard.capture();
  try {
    load();
  } finally {
    const remaining = removeNoise(guard.release());
    if (remaining !== '') writeSync(STDERR, remaining);
  }
}

/** The lines that are not known noise. */
export const removeNoise = (text: string): string =>
  text
    .split(/(?<=\n)/)
    .filter(line => !NOISE_PATTERNS.some(noise => noise.test(line)))
    .join('');
