import type {Readings, ProfiledReading} from './reading.js';
import {keyOf, type SideSpec} from './rows.js';
import type {Side} from './side.js';

/** Share of one core that a side which waits for its turn may take before it is reported. */
const MAX_IDLE_FRACTION = 0.02;

export interface Measurements {
  /** By the key of the side. */
  readonly readings: ReadonlyMap<string, Readings>;
  /** Why there are no readings of a side, by its key. */
  readonly failures: ReadonlyMap<string, string>;
  /** What disturbed the measurement, for people. */
  readonly disturbances: readonly string[];
}

/** Processor seconds that the others take while one has its turn, by key. */
function watchIdleSides(
  sides: ReadonlyMap<string, Side>,
  active: string,
): () => Map<string, number> {
  const others = [...sides]
    .filter(([key]) => key !== active)
    .map(([key, side]) => [key, side, side.processorSeconds()] as const);
  return () =>
    new Map(
      others.map(([key, side, before]) => [key, (side.processorSeconds() ?? 0) - (before ?? 0)]),
    );
}

/**
 * Lets sides take turns: A B A B ..., one at work while the others wait.
 * @param openSide starts a side, and lets it become warm
 * @param onReading called after each repeat
 */
export async function measure(
  specs: readonly SideSpec[],
  repeats: number,
  openSide: (spec: SideSpec) => Promise<Side>,
  onReading: (spec: SideSpec, reading: ProfiledReading) => void,
): Promise<Measurements> {
  const sides = new Map<string, Side>();
  const failures = new Map<string, string>();
  const readings = new Map<string, ProfiledReading[]>();
  const disturbances: string[] = [];
  const attempt = async (spec: SideSpec, work: (key: string) => Promise<void>): Promise<void> => {
    const key = keyOf(spec);
    if (!failures.has(key))
      await work(key).catch((error: Error) => void failures.set(key, error.message));
  };
  try {
    for (const spec of specs)
      await attempt(spec, async key => void sides.set(key, await openSide(spec)));
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const spec of specs) {
        await attempt(spec, async key => {
          const idle = watchIdleSides(sides, key);
          const reading = await sides.get(key)!.takeReading();
          for (const [other, seconds] of idle()) {
            if (seconds > MAX_IDLE_FRACTION * reading.seconds)
              disturbances.push(`${other} took ${seconds.toFixed(2)} s next to ${key}`);
          }
          readings.set(key, [...(readings.get(key) ?? []), reading]);
          onReading(spec, reading);
        });
      }
    }
    return {
      readings: new Map(
        [...readings].map(([key, sideReadings]) => [
          key,
          withMemory(sideReadings, sides.get(key)!),
        ]),
      ),
      failures,
      disturbances,
    };
  } finally {
    for (const side of sides.values()) await side.close();
  }
}

function withMemory(readings: readonly ProfiledReading[], side: Side): Readings {
  const peakMemory = side.peakMemory();
  return {readings, ...(peakMemory !== undefined && {peakMemory})};
}
