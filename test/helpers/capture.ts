import {SignalHandler} from '../../src/cli/signals.js';
import {runCommand} from '../../src/cli/run-command.js';
import {Terminal} from '../../src/cli/terminal/screen/terminal.js';

/** A terminal that keeps what is said. */
export interface Capture {
  readonly terminal: Terminal;
  stdout: string;
  stderr: string;
}

export interface CaptureOptions {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly environment?: NodeJS.ProcessEnv;
}

export function capture({
  isTTY = false,
  columns = 100,
  environment = {},
}: CaptureOptions = {}): Capture {
  const said = {stdout: '', stderr: ''};
  const into = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => void (said[name] += text),
    isTTY,
    columns,
  });
  const terminal = new Terminal(into('stdout'), into('stderr'), environment);
  return Object.assign(said, {terminal});
}

export interface CommandOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function runCaptured(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<CommandOutput> {
  const captured = capture({environment});
  const interrupts = new SignalHandler(
    () => {},
    () => {},
  );
  const exitCode = await runCommand(args, {
    terminal: captured.terminal,
    environment,
    signalHandler: interrupts,
  });
  return {exitCode, stdout: captured.stdout, stderr: captured.stderr};
}

/** Runs something elsewhere than in the checkout. */
export async function inDirectory<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(directory);
  try {
    return await work();
  } finally {
    process.chdir(before);
  }
}
