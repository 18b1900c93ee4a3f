import {spawn, type ChildProcess} from 'node:child_process';
import {fileURLToPath} from 'node:url';

/** Where compiled sources lie, for scripts to import: `import {x} from '${SRC}/backend/x.js'`. */
export const SRC = fileURLToPath(new URL('../../src', import.meta.url));

export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts an ES module given as text in a process, and process group, of its own. Variables set to undefined are unset. */
export function startChild(
  script: string,
  environment: NodeJS.ProcessEnv = {},
): {child: ChildProcess; ended: Promise<ChildResult>} {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: {...process.env, ...environment},
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<ChildResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({code, signal, stdout, stderr}));
  });
  return {child, ended};
}

/** Runs an ES module given as text to its end: for what a process can do only once, or does not survive. */
export const inChild = (script: string, environment?: NodeJS.ProcessEnv): Promise<ChildResult> =>
  startChild(script, environment).ended;
