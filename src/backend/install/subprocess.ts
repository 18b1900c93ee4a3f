import {spawn} from 'node:child_process';
import {AbortedError, throwIfAborted} from '../../core/errors.js';

/** Result of a program. */
export interface SubprocessResult {
  /** Exit code: 0 is success, null if a signal ended the program. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and standard error, interleaved as they arrived. */
  readonly output: string;
}

export interface SubprocessOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends the program when aborted. The promise still waits until it has exited, so that its files can be removed. */
  readonly signal?: AbortSignal | undefined;
  readonly onOutput?: (text: string) => void;
}

/** Runs a program until it exits. Returns undefined if the program does not exist. */
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

/** How compilers, linkers, pip, npm and Node start their error line. npm prints error numbers before the message. */
const ERROR_LINE =
  /^(npm )?(\w*Error|error|ERROR|ERR!)\b(?! (code|errno|syscall) )|: (fatal )?error:|\bld: /;

/** How these programs report a full disk; pip does it in the middle of a stack trace. */
export const DISK_FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/i;

/** The line of a program's output that describes the error, else the last line. */
export function findErrorLine({output, code, signal}: SubprocessResult): string {
  const lines = output.split('\n').filter(line => line.trim() !== '');
  const line =
    lines.find(candidate => DISK_FULL.test(candidate)) ??
    lines.find(candidate => ERROR_LINE.test(candidate)) ??
    lines.at(-1);
  return line?.trim().replace(/\.$/, '') ?? (signal === null ? `exit code ${code}` : signal);
}
