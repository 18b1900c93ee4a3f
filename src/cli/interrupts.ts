/** Signals that people and schedulers stop programs with, and the exit codes shells expect: 128 + the signal's number. */
export const SIGNAL_EXIT_CODES = {SIGINT: 130, SIGTERM: 143} as const;
export type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

const WATCH_MILLISECONDS = 500;

/** The first signal asks the run to stop at the next step, with a checkpoint; the second ends the process at once. */
export class Interrupts {
  readonly #controller = new AbortController();
  #received: StopSignal | undefined;

  /**
   * @param onFirst told of the first signal
   * @param onSecond told the exit code to end with
   */
  constructor(
    private readonly onFirst: (name: StopSignal) => void,
    private readonly onSecond: (exitCode: number) => void,
  ) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get received(): StopSignal | undefined {
    return this.#received;
  }

  listen(source: NodeJS.Process): void {
    for (const name of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[]) source.on(name, () => this.receive(name));
  }

  /** Takes the death of the parent for a signal: npx hands its own to a shell, which dies of it and leaves us running with nobody. */
  watchParent(source: Pick<NodeJS.Process, 'ppid'>): void {
    const parent = source.ppid;
    const watch = setInterval(() => {
      if (source.ppid === parent) return;
      clearInterval(watch);
      this.receive('SIGTERM');
    }, WATCH_MILLISECONDS).unref();
  }

  receive(name: StopSignal): void {
    if (this.#received !== undefined) return this.onSecond(SIGNAL_EXIT_CODES[name]);
    this.#received = name;
    this.onFirst(name);
    this.#controller.abort();
  }
}
