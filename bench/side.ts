import {spawn, type ChildProcess} from 'node:child_process';
import {createInterface} from 'node:readline';
import type {Command} from './bench-command.js';
import {endedChildrenSeconds, peakMemory, processorSeconds} from './process-facts.js';
import type {Reading, ProfiledReading} from './reading.js';

/** One who does the work of a row, asked as often as wanted. */
export interface Side {
  takeReading(): Promise<ProfiledReading>;
  /** Processor seconds so far, of it and its children. */
  processorSeconds(): number | undefined;
  /** MiB */
  peakMemory(): number | undefined;
  close(): Promise<void>;
}

const running = new Set<ChildProcess>();

// Each has a process group of its own, so that its workers can be counted and ended with it.
process.on('exit', () => {
  for (const {pid} of running) killGroup(pid!);
});

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

function start({program, parameters, environment}: Command): {
  child: ChildProcess;
  errorOutput: () => string;
  ended: Promise<number | null>;
} {
  const child = spawn(program, parameters, {env: {...process.env, ...environment}, detached: true});
  running.add(child);
  let errors = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (errors = (errors + text).slice(-2000)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => {
      running.delete(child);
      resolve(code);
    });
  });
  ended.catch(() => undefined);
  return {child, errorOutput: () => errors, ended};
}

const failure = (command: Command, code: number | null, errorOutput: string): Error =>
  new Error(
    `${command.program} ${command.parameters.join(' ')} ended with exit ${code} and no reading.\n${errorOutput}`,
  );

/** Messages that a child says, one a line; other lines are let pass. */
async function* readMessages(child: ChildProcess): AsyncGenerator<unknown, void, void> {
  for await (const line of createInterface({input: child.stdout!}))
    if (line.startsWith('{')) yield JSON.parse(line);
}

/** A process that says when it is warm, and then answers every line with a reading. */
export async function openWorker(command: Command): Promise<Side> {
  const {child, errorOutput, ended} = start(command);
  const answers = readMessages(child);
  const answer = async (): Promise<unknown> => {
    const {value, done} = await answers.next();
    if (done) throw failure(command, await ended, errorOutput());
    return value;
  };
  await answer();
  const seconds = (): number | undefined => processorSeconds(child.pid!);
  return {
    async takeReading() {
      const before = seconds();
      child.stdin!.write('go\n');
      const reading = (await answer()) as Reading;
      return withCpuTime(reading, before, seconds());
    },
    processorSeconds: seconds,
    peakMemory: () => peakMemory(child.pid!),
    async close() {
      child.stdin!.end();
      killGroup(child.pid!);
      await ended;
    },
  };
}

function withCpuTime(
  reading: Reading,
  before: number | undefined,
  after: number | undefined,
): ProfiledReading {
  return before === undefined || after === undefined
    ? reading
    : {...reading, processorSeconds: after - before};
}

/** A command that is run anew for every reading. @param commandOf the n-th time; `read` makes a reading of what it printed last */
export function openJob(
  commandOf: (repeat: number) => Command,
  read: (output: unknown) => Omit<Reading, 'seconds'>,
): Side {
  let repeats = 0;
  return {
    async takeReading() {
      const command = commandOf(repeats++);
      const before = endedChildrenSeconds();
      const startTime = performance.now();
      const {child, errorOutput, ended} = start(command);
      let text = '';
      child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const code = await ended;
      if (code !== 0) throw failure(command, code, errorOutput());
      const seconds = (performance.now() - startTime) / 1000;
      return withCpuTime({seconds, ...read(JSON.parse(text))}, before, endedChildrenSeconds());
    },
    processorSeconds: () => undefined,
    peakMemory: () => undefined,
    close: async () => {},
  };
}
