import {existsSync} from 'node:fs';
import {mkdir, readFile, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {defineError, FinetuneError, errorMessage} from '../../core/errors.js';
import type {StateDict} from '../../core/state-dict.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {readSafetensors} from '../../backbones/readers/safetensors.js';
import {writeSafetensors} from '../../backbones/weights/safetensors-writer.js';
import type {Metrics} from '../metrics/metrics.js';
import type {TrainerState} from './training-plan.js';

/** A point in a run from which it continues to the same numbers. Tensors by name, optimizer state included. */
export interface Checkpoint<Row> {
  /** Index of the phase begun. */
  readonly phase: number;
  readonly trainerState: Readonly<TrainerState>;
  readonly history: readonly Row[];
  readonly bestMetrics?: Metrics;
  /** What a look at the features found odd, as JSON; it is looked for once a run. */
  readonly labelIssues?: unknown;
  /** Every group that some phase trains. */
  readonly weights: StateDict;
  readonly optimizer: StateDict;
  readonly best: StateDict;
}

/** What of a checkpoint is no tensor. */
type CheckpointState<Row> = Omit<Checkpoint<Row>, 'weights' | 'optimizer' | 'best'>;

/** Counted up when the files of a checkpoint come to hold something else. */
const CHECKPOINT_VERSION = 3;

/** There is no checkpoint, or none that can be read. */
export class CheckpointError extends defineError(
  FinetuneError,
  'CHECKPOINT_UNREADABLE',
  ({directory, reason}: {directory: string; reason: string}) =>
    `The checkpoint in ${directory} cannot be used: ${reason}. Start the run again without --resume.`,
) {}

/**
 * Writes a checkpoint next to its place, then moves it there: a directory of its own, so that a kill leaves all of the old one, perhaps under
 * its second name, or all of the new one.
 * @param directory `checkpoints/last`
 */
export async function writeCheckpoint<Row>(
  directory: string,
  checkpoint: Checkpoint<Row>,
): Promise<void> {
  const {weights, optimizer, best, ...state} = checkpoint;
  const [temporary, old] = [`${directory}.new`, `${directory}.old`];
  try {
    await rm(temporary, {recursive: true, force: true});
    await mkdir(temporary, {recursive: true});
    await writeSafetensors(join(temporary, 'weights.safetensors'), weights, {});
    await writeSafetensors(join(temporary, 'optimizer.safetensors'), optimizer, {});
    await writeSafetensors(join(temporary, 'best.safetensors'), best, {});
    await writeFileAtomic(
      join(temporary, 'state.json'),
      JSON.stringify({version: CHECKPOINT_VERSION, ...state}),
    );
  } catch (error) {
    await rm(temporary, {recursive: true, force: true}).catch(() => undefined);
    throw error;
  }
  if (existsSync(directory)) {
    await rm(old, {recursive: true, force: true});
    await rename(directory, old);
  }
  await rename(temporary, directory);
  await rm(old, {recursive: true, force: true});
}

/** Whether there is something to resume from. */
export const hasCheckpoint = (directory: string): boolean =>
  existsSync(existingCheckpoint(directory));

/** Where a checkpoint lies; the old one where a kill came between the two renames. */
function existingCheckpoint(directory: string): string {
  const old = `${directory}.old`;
  return !existsSync(directory) && existsSync(old) ? old : directory;
}

/** @throws CheckpointError where there is none, or one of another version, or a torn one */
export async function readCheckpoint<Row>(directory: string): Promise<Checkpoint<Row>> {
  const existing = existingCheckpoint(directory);
  if (!existsSync(existing)) throw new CheckpointError({directory, reason: 'there is none'});
  const tensors = async (name: string): Promise<StateDict> =>
    (await readSafetensors(join(existing, `${name}.safetensors`))).tensors;
  try {
    const state = JSON.parse(
      await readFile(join(existing, 'state.json'), 'utf8'),
    ) as CheckpointState<Row> & {readonly version: number};
    const {version, ...others} = state;
    if (version !== CHECKPOINT_VERSION)
      throw new Error(`it is of version ${version}, not ${CHECKPOINT_VERSION}`);
    return {
      ...others,
      weights: await tensors('weights'),
      optimizer: await tensors('optimizer'),
      best: await tensors('best'),
    };
  } catch (error) {
    throw new CheckpointError({directory, reason: `${errorMessage(error)}`});
  }
}
