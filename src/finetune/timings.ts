import type {Activity} from './events.js';

/** Seconds spent per activity. Overlapping activities are counted where the run waits. */
export class Stopwatch {
  readonly #started: number;
  readonly #timings = new Map<Activity, number>();

  /** @param backendSeconds seconds already spent on starting the backend; they count towards the total */
  constructor(backendSeconds = 0) {
    this.#started = performance.now() - 1000 * backendSeconds;
    this.#timings.set('backend', backendSeconds);
  }

  async time<T>(activity: Activity, work: () => Promise<T>): Promise<T> {
    const startTime = performance.now();
    try {
      return await work();
    } finally {
      this.#timings.set(
        activity,
        (this.#timings.get(activity) ?? 0) + (performance.now() - startTime) / 1000,
      );
    }
  }

  /** Seconds by activity. `total` counts from the construction of the stopwatch plus the start of the backend. */
  get timings(): Readonly<Record<'total' | Activity, number>> {
    const of = (activity: Activity): number => round(this.#timings.get(activity) ?? 0);
    return {
      total: round((performance.now() - this.#started) / 1000),
      backend: of('backend'),
      weights: of('weights'),
      decode: of('decode'),
      features: of('features'),
      train: of('train'),
      evaluate: of('evaluate'),
      export: of('export'),
    };
  }
}

/** Seconds by activity, summed over runs. */
export const sumTimings = (runs: readonly Stopwatch['timings'][]): Stopwatch['timings'] =>
  runs.reduce((sum, timings) => {
    const activities = Object.keys(sum) as (keyof Stopwatch['timings'])[];
    const added = activities.map(name => [name, round(sum[name] + timings[name])]);
    return Object.fromEntries(added) as Record<keyof Stopwatch['timings'], number>;
  });

const round = (timings: number): number => Math.round(timings * 1000) / 1000;
