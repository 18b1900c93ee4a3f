import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {isDeepStrictEqual} from 'node:util';
import {createRng} from '../src/core/rng.js';
import {drawDemoSet} from '../src/datasets/demo/demo-set.js';
import {isFinished, isInterrupted} from '../src/finetune/run/run-files.js';

/**
 * `node dist/bench/kills.js [KILLS] [SEED]`: SIGKILLs as many runs at random moments, every third also while it is resumed, and says whether
 * each goes on to the metrics and the model of a run that was left alone.
 */
const KILLS = Number(process.argv[2] ?? 40);
const SEED = Number(process.argv[3] ?? 1);

const MAIN = fileURLToPath(new URL('../src/cli/main.cjs', import.meta.url));
const OPTIONS = [
  ...[
    '--backend',
    'tensorflow',
    '--device',
    'cpu',
    '--arch',
    'resnet18',
    '--weights',
    'none',
    '--last-stage',
    '2',
    '--image-size',
    '48',
  ],
  ...[
    '--freeze',
    'probe-then-full',
    '--epochs',
    '3',
    '--batch-size',
    '8',
    '--augment',
    'light',
    '--dropout',
    '0.2',
  ],
];

/** @returns seconds it took, and how it ended; @param after seconds until it is killed */
function start(
  args: readonly string[],
  cwd: string,
  after = Infinity,
): Promise<{readonly seconds: number; readonly code: number | null}> {
  const startTime = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const timer =
    after === Infinity ? undefined : setTimeout(() => child.kill('SIGKILL'), 1000 * after);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => {
      clearTimeout(timer);
      resolve({seconds: (performance.now() - startTime) / 1000, code});
    });
  });
}

function readRun(run: string): unknown {
  const {metrics} = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')) as {
    readonly metrics: unknown;
  };
  const model = createHash('sha256').update(readFileSync(join(run, 'model', 'model.safetensors')));
  return {metrics, model: model.digest('hex')};
}

async function main(cwd: string): Promise<number> {
  await drawDemoSet(join(cwd, 'images'), {seed: 1, perClass: 12, size: 64});
  const train = (out: string, after?: number): ReturnType<typeof start> =>
    start(['--data', 'images', '--out', out, '--quiet', ...OPTIONS], cwd, after);
  const resumeRun = (out: string, after?: number): ReturnType<typeof start> =>
    isInterrupted(join(cwd, out))
      ? start(['--resume', out, '--quiet'], cwd, after)
      : train(out, after);
  await train('first'); // fills the caches of the system and ours
  const {seconds} = await train('whole');
  const expected = readRun(join(cwd, 'whole'));
  const stream = createRng(SEED, 'kills');
  let [identicalRuns, kills] = [0, 0];
  for (let number = 1; number <= KILLS; number++) {
    const out = `run-${number}`;
    const killTimes = Array.from({length: number % 3 === 0 ? 2 : 1}, () => stream.next() * seconds);
    for (const [i, after] of killTimes.entries()) {
      const {code} = i === 0 ? await train(out, after) : await resumeRun(out, after);
      kills += code === null ? 1 : 0;
    }
    const {code} = isFinished(join(cwd, out)) ? {code: 0} : await resumeRun(out);
    const isIdentical = code === 0 && isDeepStrictEqual(readRun(join(cwd, out)), expected);
    identicalRuns += isIdentical ? 1 : 0;
    console.log(
      `${out}: killed after ${killTimes.map(after => after.toFixed(2)).join(' s, then ')} s, ${isIdentical ? 'same' : 'OTHER'}`,
    );
    if (isIdentical) rmSync(join(cwd, out), {recursive: true});
  }
  console.log(
    `${kills} kills in ${KILLS} runs of ${seconds.toFixed(1)} s; ${identicalRuns} went on to the same metrics and the same model`,
  );
  return identicalRuns === KILLS ? 0 : 1;
}

const cwd = mkdtempSync(join(tmpdir(), 'finetune-kills-'));
const exitCode = await main(cwd);
if (exitCode === 0) rmSync(cwd, {recursive: true});
else console.log(`What differs is in ${cwd}`);
process.exit(exitCode);
