/** Signals that people and schedulers stop programs with, and the exit codes shells expect: 128 + the signal's number. */
export const SIGNAL_EXIT_CODES = {SIGINT: 130, SIGTERM: 143} as const;
export type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

const PARENT_POLL_MS = 500;

/** The first signal asks the run to stop at the next step, with a checkpoint; the second ends the process at once. */
export class SignalHandler {
  readonly #controller = new AbortController();
  #received: StopSignal | undefined;

  /**
   * @param onFirstSignal called on the first signal
   * @param onSecondSignal called with the exit code to end with
   */
  constructor(
    private readonly onFirstSignal: (name: StopSignal) => void,
    private readonly onSecondSignal: (exitCode: number) => void,
  ) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get received(): StopSignal | undefined {
    return this.#received;
  }

  listen(source: NodeJS.Process): void {
    for (const name of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[])
      source.on(name, () => this.handle(name));
  }

  /** Takes the death of the parent for a signal: npx hands its own to a shell, which dies of it and leaves us running with nobody. */
  watchParent(source: Pick<NodeJS.Process, 'ppid'>): void {
    const parent = source.ppid;
    const timer = setInterval(() => {
      if (source.ppid === parent) return;
      clearInterval(timer);
      this.handle('SIGTERM');
    }, PARENT_POLL_MS).unref();
  }

  handle(name: StopSignal): void {
    if (this.#received !== undefined) return this.onSecondSignal(SIGNAL_EXIT_CODES[name]);
    this.#received = name;
    this.onFirstSignal(name);
    this.#controller.abort();
  }
}
