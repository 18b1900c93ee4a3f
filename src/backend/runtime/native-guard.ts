import {writeSync} from 'node:fs';
import {createRequire} from 'node:module';
import {isMainThread} from 'node:worker_threads';
import {guardPath} from '../install/backend-directory.js';

/** native/guard.cc */
interface NativeGuard {
  /** Starts to capture standard error. */
  capture(): void;
  /** Stops capturing. @returns the captured text */
  release(): string;
  /**
   * Blocks the signals that a program may handle (SIGINT, SIGWINCH, SIGCHLD and others) in this thread and in threads that it starts later.
   */
  shield(): void;
  /** Sets an environment variable of the process. */
  setEnvironment(name: string, value: string): void;
}

const loadGuard = (directory: string): NativeGuard =>
  createRequire(import.meta.url)(guardPath(directory)) as NativeGuard;

/**
 * Blocks signals on compute threads. oneDNN's AVX2 matrix kernels point the stack register into the heap while they run, and a signal
 * handler running there corrupts the heap (https://github.com/uxlfoundation/oneDNN/issues/4845). Resizing a terminal sends dozens of
 * signals. Node's other threads handle them instead. Call this before TensorFlow starts threads.
 */
export const blockSignals = (directory: string): void => loadGuard(directory).shield();

/**
 * Makes environment variables set in this thread visible to TensorFlow. A Worker has a copy of the environment; native libraries read that
 * of the process.
 */
export function shareEnvironment(directory: string, names: readonly string[]): void {
  if (isMainThread) return;
  const guard = loadGuard(directory);
  for (const name of names)
    if (process.env[name] !== undefined) guard.setEnvironment(name, process.env[name]);
}

const STDERR = 2;

/** Messages that TensorFlow prints on every start, at any log level. */
const NOISE_PATTERNS = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called/,
  /\] oneDNN custom operations are on\. /,
  // From CUDA builds if GPUs are hidden or there is no driver: requested by the user, or set by this program.
  /\] failed call to cuInit: .*CUDA_ERROR_NO_DEVICE/,
  /\] Could not find cuda drivers on your machine/,
];

/** Runs `load` and removes known noise from standard error. A crash shows everything. */
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

/** Removes known noise, line by line. */
export const removeNoise = (text: string): string =>
  text
    .split(/(?<=\n)/)
    .filter(line => !NOISE_PATTERNS.some(noise => noise.test(line)))
    .join('');
