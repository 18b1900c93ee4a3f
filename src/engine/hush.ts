import {writeSync} from 'node:fs';
import {createRequire} from 'node:module';
import {hushOf} from './engine-directory.js';

/** native/hush.cc */
interface Hush {
  /** Holds back what is written to standard error from here on. */
  capture(): void;
  /** Ends that. @returns what was held back */
  release(): string;
}

const STANDARD_ERROR = 2;

/** What TensorFlow says on every start, whatever its log level. */
const NOISE = [/^WARNING: All log messages before absl::InitializeLog\(\) is called/, /\] oneDNN custom operations are on\. /];

/** Runs `load`, and lets through to standard error only what is not known noise. A crash shows everything. */
export function hushed(engine: string, load: () => void): void {
  const hush = createRequire(import.meta.url)(hushOf(engine)) as Hush;
  hush.capture();
  try {
    load();
  } finally {
    const rest = withoutNoise(hush.release());
    if (rest !== '') writeSync(STANDARD_ERROR, rest);
  }
}

/** The lines that are not known noise. */
export const withoutNoise = (text: string): string =>
  text
    .split(/(?<=\n)/)
    .filter(line => !NOISE.some(noise => noise.test(line)))
    .join('');
