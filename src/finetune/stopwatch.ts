import type {Activity} from './events.js';

/** Seconds spent per activity. Activities that overlap are counted where the waiting is. */
export class Stopwatch {
  readonly #started: number;
  readonly #seconds = new Map<Activity, number>();

  /** @param engineSeconds spent on starting the engine before; they count towards the total */
  constructor(engineSeconds = 0) {
    this.#started = performance.now() - 1000 * engineSeconds;
    this.#seconds.set('engine', engineSeconds);
  }

  async time<T>(activity: Activity, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      this.#seconds.set(activity, (this.#seconds.get(activity) ?? 0) + (performance.now() - begun) / 1000);
    }
  }

  /** `total` counts from the making of the stopwatch, or from the start of the engine. */
  get seconds(): Readonly<Record<'total' | Activity, number>> {
    const of = (activity: Activity): number => round(this.#seconds.get(activity) ?? 0);
    return {
      total: round((performance.now() - this.#started) / 1000),
      engine: of('engine'),
      weights: of('weights'),
      decode: of('decode'),
      features: of('features'),
      train: of('train'),
      evaluate: of('evaluate'),
      export: of('export'),
    };
  }
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
