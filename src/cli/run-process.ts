import {toFailure, type Failure} from './failure.js';
import {SignalHandler, type StopSignal} from './signals.js';
import {runCommand} from './run-command.js';
import {waitUntilDrained, Terminal} from './terminal/screen/terminal.js';
import {isStartedByNpx} from './terminal/format.js';

/**
 * Reports write errors of a stream. EPIPE is ignored: the reader may stop early, and the exit code still is that of the command. Any other
 * error, such as a full disk, loses the result and is a failure.
 */
function watchStream(
  stream: NodeJS.WriteStream,
  name: string,
  onError: (error: Error) => void,
): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') onError(Object.assign(error, {path: name}));
  });
}

/** Runs the command line of this process and ends it. */
export async function runProcess(): Promise<void> {
  const {stdout, stderr, env, argv} = process;
  const terminal = new Terminal(stdout, stderr, env);
  let streamFailure: Failure | undefined;
  watchStream(stdout, 'standard output', error => {
    streamFailure ??= toFailure(error, {terminal});
  });
  watchStream(stderr, 'standard error', error => {
    streamFailure ??= toFailure(error, {terminal});
  });
  const onFirstSignal = (name: StopSignal): void =>
    terminal.alert(`\nStopping (${name}): saving what there is. A second signal quits at once.`);
  const signalHandler = new SignalHandler(onFirstSignal, exitCode => process.exit(exitCode));
  signalHandler.listen(process);
  if (isStartedByNpx(env)) signalHandler.watchParent(process);
  const exitCode = await runCommand(argv.slice(2), {terminal, environment: env, signalHandler});
  await Promise.all([waitUntilDrained(stdout), waitUntilDrained(stderr)]);
  if (streamFailure !== undefined) terminal.alert(streamFailure.text);
  process.exit(exitCode === 0 && streamFailure !== undefined ? streamFailure.exitCode : exitCode);
}
