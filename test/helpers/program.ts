import {spawn, type ChildProcess} from 'node:child_process';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {drawDemoSet} from '../../src/datasets/demo/demo-set.js';
import {temporaryDirectory} from './temporary.js';

/** The compiled program, as `npx finetune` starts it. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.cjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Number of the user to run as; needs root. */
  readonly user?: number;
  /** Blocks of 512 bytes that a file may have: writing more fails as on a full disk. */
  readonly fileLimit?: number;
  /** Called once, when standard error first holds `marker`. */
  readonly at?: {readonly marker: string; readonly act: (child: ChildProcess) => void};
}

/** Runs `finetune` in a process of its own. */
export function finetune(
  args: readonly string[],
  {cwd, environment = {}, user, fileLimit, at}: ProgramOptions,
): Promise<Ended> {
  const words = [process.execPath, MAIN, ...args];
  const [program, ...rest] =
    fileLimit === undefined
      ? words
      : ['sh', '-c', `ulimit -f ${fileLimit} && exec "$@"`, 'sh', ...words];
  const child = spawn(program!, rest, {
    cwd,
    env: {...process.env, ...environment},
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user !== undefined && {uid: user, gid: user}),
  });
  let [stdout, stderr, acted] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (at === undefined || acted || !stderr.includes(at.marker)) return;
    acted = true;
    at.act(child);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({code, signal, stdout, stderr}));
  });
}

/** The backend the tests run on, as a flag. */
export const BACKEND = [
  '--backend',
  process.env.FINETUNE_TEST_BACKEND ?? 'tensorflow',
  '--device',
  'cpu',
];

/** The smallest run there is: a head on random features of a few small images. */
export const SMALL_RUN = [
  ...BACKEND,
  ...[
    '--arch',
    'resnet18',
    '--weights',
    'none',
    '--image-size',
    '32',
    '--freeze',
    'probe',
    '--views',
    '0',
    '--epochs',
    '1',
  ],
];

/** Stands in a new folder, with images of four classes in `images`, for the tests of a suite. */
export function inDrawnFolder(): {
  readonly cwd: () => string;
  run(...args: string[]): Promise<Ended>;
  train(...args: string[]): Promise<Ended>;
} {
  let cwd = '';
  before('draw images', async () => {
    cwd = temporaryDirectory();
    await drawImages(cwd);
  });
  const run = (...args: string[]): Promise<Ended> => finetune(args, {cwd});
  return {
    cwd: () => cwd,
    run,
    train: (...args) => run('--data', 'images', ...SMALL_RUN, ...args),
  };
}

/** Classes of the drawn images. */
const DRAWN_CLASSES = ['crab', 'fish', 'snail', 'starfish'];

/** Four classes of drawn images in `directory/images`. */
export async function drawImages(directory: string, perClass = 6): Promise<string> {
  const root = join(directory, 'images');
  await drawDemoSet(root, {seed: 1, perClass, size: 40, classes: DRAWN_CLASSES});
  return root;
}
