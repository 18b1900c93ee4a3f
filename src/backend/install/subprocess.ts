import {spawn} from 'node:child_process';
import {AbortedError, throwIfAborted} from '../../core/errors.js';

/** How a program ended. */
export interface SubprocessResult {
  /** 0 is success; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

export interface SubprocessOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends the program; the promise still waits until it is gone, so that its files can be removed. */
  readonly signal?: AbortSignal | undefined;
  readonly onOutput?: (text: string) => void;
}

/** Runs a program to its end. Undefined where there is no such program. */
export function runSubprocess(
  [program, ...args]: readonly [string, ...string[]],
  {environment = process.env, signal, onOutput}: SubprocessOptions = {},
): Promise<SubprocessResult | undefined> {
  return new Promise((resolve, reject) => {
    throwIfAborted(signal);
    const child = spawn(program, args, {env: environment, stdio: ['ignore', 'pipe', 'pipe']});
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        onOutput?.(text);
      });
    }
    const stop = () => child.once('exit', () => reject(new AbortedError())).kill();
    signal?.addEventListener('abort', stop, {once: true});
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    child.on('close', (code, exitSignal) => {
      signal?.removeEventListener('abort', stop);
      resolve({code, signal: exitSignal, output});
    });
  });
}

/** How compilers, linkers, pip, npm and Node begin the line that matters; npm says numbers before words. */
const ERROR_LINE =
  /^(npm )?(\w*Error|error|ERROR|ERR!)\b(?! (code|errno|syscall) )|: (fatal )?error:|\bld: /;

/** How they all say that the disk is full; pip in the middle of a stack of calls. */
export const DISK_FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/i;

/** The line of a program's output that says what went wrong, else its last one. */
export function findErrorLine({output, code, signal}: SubprocessResult): string {
  const lines = output.split('\n').filter(line => line.trim() !== '');
  const line =
    lines.find(candidate => DISK_FULL.test(candidate)) ??
    lines.find(candidate => ERROR_LINE.test(candidate)) ??
    lines.at(-1);
  return line?.trim().replace(/\.$/, '') ?? (signal === null ? `exit code ${code}` : signal);
}
