import {existsSync} from 'node:fs';
import {mkdir, readFile, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {FinetuneError, messageOf} from '../core/errors.js';
import type {NamedHostTensors} from '../core/host-tensor.js';
import {writeWhole} from '../core/write-file.js';
import {readSafetensors} from '../backbones/readers/safetensors.js';
import {writeSafetensors} from '../backbones/safetensors-writer.js';
import type {Metrics} from './metrics.js';
import type {Position} from './phase-trainer.js';

/** A point in a run from which it goes on to the same numbers. Tensors by name, optimizer state included. */
export interface Checkpoint<Row> {
  /** Index of the phase begun. */
  readonly phase: number;
  readonly position: Readonly<Position>;
  readonly history: readonly Row[];
  readonly bestMetrics?: Metrics;
  /** What a look at the features found odd, as JSON; it is looked for once a run. */
  readonly odd?: unknown;
  /** Every group that some phase trains. */
  readonly weights: NamedHostTensors;
  readonly optimizer: NamedHostTensors;
  readonly best: NamedHostTensors;
}

/** What of a checkpoint is no tensor. */
type State<Row> = Omit<Checkpoint<Row>, 'weights' | 'optimizer' | 'best'>;

/** Counted up when the files of a checkpoint come to hold something else. */
const VERSION = 2;

/** There is no checkpoint, or none that can be read. */
export class CheckpointError extends FinetuneError {
  override readonly name = 'CheckpointError';
  override readonly code = 'CHECKPOINT_UNREADABLE';

  constructor(
    readonly directory: string,
    readonly reason: string,
  ) {
    super(`Expected a checkpoint in ${directory}, but ${reason}. Start the run again without --resume.`);
  }
}

/**
 * Writes a checkpoint beside its place, then moves it there: a directory of its own, so that a kill leaves all of the old one, perhaps under
 * its second name, or all of the new one.
 * @param directory `checkpoints/last`
 */
export async function writeCheckpoint<Row>(directory: string, checkpoint: Checkpoint<Row>): Promise<void> {
  const {weights, optimizer, best, ...state} = checkpoint;
  const [fresh, old] = [`${directory}.new`, `${directory}.old`];
  try {
    await rm(fresh, {recursive: true, force: true});
    await mkdir(fresh, {recursive: true});
    await writeSafetensors(join(fresh, 'weights.safetensors'), weights, {});
    await writeSafetensors(join(fresh, 'optimizer.safetensors'), optimizer, {});
    await writeSafetensors(join(fresh, 'best.safetensors'), best, {});
    await writeWhole(join(fresh, 'state.json'), JSON.stringify({version: VERSION, ...state}));
  } catch (error) {
    await rm(fresh, {recursive: true, force: true}).catch(() => undefined);
    throw error;
  }
  if (existsSync(directory)) {
    await rm(old, {recursive: true, force: true});
    await rename(directory, old);
  }
  await rename(fresh, directory);
  await rm(old, {recursive: true, force: true});
}

/** Whether there is something to go on from. */
export const hasCheckpoint = (directory: string): boolean => existsSync(placeOf(directory));

/** Where a checkpoint lies; the old one where a kill came between the two renames. */
function placeOf(directory: string): string {
  const old = `${directory}.old`;
  return !existsSync(directory) && existsSync(old) ? old : directory;
}

/** @throws CheckpointError where there is none, or one of another version, or a torn one */
export async function readCheckpoint<Row>(directory: string): Promise<Checkpoint<Row>> {
  const place = placeOf(directory);
  if (!existsSync(place)) throw new CheckpointError(directory, 'found none');
  const tensors = async (name: string): Promise<NamedHostTensors> => (await readSafetensors(join(place, `${name}.safetensors`))).tensors;
  try {
    const state = JSON.parse(await readFile(join(place, 'state.json'), 'utf8')) as State<Row> & {readonly version: number};
    const {version, ...others} = state;
    if (version !== VERSION) throw new Error(`it is of version ${version}, not ${VERSION}`);
    return {...others, weights: await tensors('weights'), optimizer: await tensors('optimizer'), best: await tensors('best')};
  } catch (error) {
    throw new CheckpointError(directory, `it cannot be read: ${messageOf(error)}`);
  }
}
