import type {Arch} from '../../src/backbones/resnet-specs.js';
import type {Reading} from '../reading.js';

/** What main.ts tells a side of ours: of all, and of its own task. */
export interface TaskOptions {
  /** Folder with `train` and `val`, a folder a class in each. */
  readonly data: string;
  /** Threads that compute, and images decoded at a time. */
  readonly threads: number;
  readonly arch: Arch;
  readonly batch: number;
  /** Of tasks that have several. */
  readonly mode: string;
  /** Lowest group that a frozen epoch trains: `stage4` or `head`. */
  readonly trained: string;
}

/** Does its work once, timed. Made warm. */
export type Task = () => Promise<Reading>;

/** Seconds that some work takes. */
export async function timed(images: number, work: () => Promise<void>): Promise<Reading> {
  const startTime = performance.now();
  await work();
  return {seconds: (performance.now() - startTime) / 1000, images};
}
