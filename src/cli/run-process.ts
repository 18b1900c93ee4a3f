import {failureOf, type Failure} from './failure.js';
import {Interrupts, type StopSignal} from './interrupts.js';
import {runCommand} from './run-command.js';
import {drained, Terminal} from './terminal.js';
import {startedByNpx} from './words.js';

/**
 * The wish to read no further is none of our business; the exit code tells how the command itself ended. A result that is lost for another
 * reason, a full disk, is a failure.
 */
function watch(stream: NodeJS.WriteStream, name: string, onLost: (error: Error) => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') onLost(Object.assign(error, {path: name}));
  });
}

/** Runs the command line of this process and ends it. */
export async function runProcess(): Promise<void> {
  const {stdout, stderr, env, argv} = process;
  const terminal = new Terminal(stdout, stderr, env);
  let lost: Failure | undefined;
  watch(stdout, 'standard output', error => {
    lost ??= failureOf(error, {terminal});
  });
  watch(stderr, 'standard error', error => {
    lost ??= failureOf(error, {terminal});
  });
  const announce = (name: StopSignal): void => terminal.alert(`\nStopping (${name}): saving what there is. A second signal quits at once.`);
  const interrupts = new Interrupts(announce, exitCode => process.exit(exitCode));
  interrupts.listen(process);
  if (startedByNpx(env)) interrupts.watchParent(process);
  const exitCode = await runCommand(argv.slice(2), {terminal, environment: env, interrupts});
  await Promise.all([drained(stdout), drained(stderr)]);
  if (lost !== undefined) terminal.alert(lost.text);
  process.exit(exitCode === 0 && lost !== undefined ? lost.exitCode : exitCode);
}
