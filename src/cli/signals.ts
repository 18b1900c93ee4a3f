/** Signals that users and schedulers stop programs with, and their exit codes by shell convention: 128 + signal number. */
export const SIGNAL_EXIT_CODES = {SIGINT: 130, SIGTERM: 143} as const;
export type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

const PARENT_POLL_MS = 500;

/** Handles signals. The first one stops the run at the next step, with a checkpoint. The second ends the process at once. */
export class SignalHandler {
  readonly #controller = new AbortController();
  #received: StopSignal | undefined;
  #isAnnounced = true;

  /**
   * @param onFirstSignal called with the name of the first signal
   * @param onSecondSignal called with the exit code to end the process with
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

  /** For a command that runs until a signal ends it, as a server does: nothing is announced then. */
  expectSignal(): void {
    this.#isAnnounced = false;
  }

  listen(source: NodeJS.Process): void {
    for (const name of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[])
      source.on(name, () => this.handle(name));
  }

  /** Treats the death of the parent as a signal. npx forwards its signal to a shell, which dies of it and leaves this process running. */
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
    if (this.#isAnnounced) this.onFirstSignal(name);
    this.#controller.abort();
  }
}
