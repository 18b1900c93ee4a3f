import {Interrupts, type StopSignal} from './interrupts.js';
import {runCommand} from './run-command.js';
import {drained, Terminal} from './terminal.js';
import {startedByNpx} from './words.js';

/** The wish to read no further is none of our business; the exit code tells how the command itself ended. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Runs the command line of this process and ends it. */
export async function runProcess(): Promise<void> {
  const {stdout, stderr, env, argv} = process;
  ignoreClosedPipe(stdout);
  ignoreClosedPipe(stderr);
  const terminal = new Terminal(stdout, stderr, env);
  const announce = (name: StopSignal): void => terminal.alert(`\nStopping (${name}): saving what there is. A second signal quits at once.`);
  const interrupts = new Interrupts(announce, exitCode => process.exit(exitCode));
  interrupts.listen(process);
  if (startedByNpx(env)) interrupts.watchParent(process);
  const exitCode = await runCommand(argv.slice(2), {terminal, environment: env, interrupts});
  await Promise.all([drained(stdout), drained(stderr)]);
  process.exit(exitCode);
}
