import {existsSync} from 'node:fs';
import {mkdir, readFile, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {defineError, FinetuneError, errorMessage} from '../../core/errors.js';
import type {StateDict} from '../../core/state-dict.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {readSafetensors} from '../../backbones/readers/safetensors.js';
import {writeSafetensors} from '../../backbones/weights/safetensors-writer.js';
import type {HeadSolution} from '../head-solver/solve-head.js';
import type {Metrics} from '../metrics/metrics.js';
import type {TrainerState} from './training-plan.js';

/** State of a run that training resumes from with identical results. Tensors are stored by name, including the optimizer state. */
export interface Checkpoint<Row> {
  /** Index of the current phase. */
  readonly phase: number;
  readonly trainerState: Readonly<TrainerState>;
  readonly history: readonly Row[];
  readonly bestMetrics?: Metrics;
  /** Label issues found in the features, as JSON. The search runs once per run. */
  readonly labelIssues?: unknown;
  /** Heads that were solved so far. */
  readonly headSolutions?: readonly HeadSolution[];
  /** Weights of all groups that some phase trains. */
  readonly weights: StateDict;
  readonly optimizer: StateDict;
  readonly best: StateDict;
}

/** Fields of a checkpoint that are not tensors. */
type CheckpointState<Row> = Omit<Checkpoint<Row>, 'weights' | 'optimizer' | 'best'>;

/** Version of the checkpoint files. Increase it when their content changes. */
const CHECKPOINT_VERSION = 4;

/** There is no checkpoint, or it cannot be read. */
export class CheckpointError extends defineError(
  FinetuneError,
  'CHECKPOINT_UNREADABLE',
  ({directory, reason}: {directory: string; reason: string}) =>
    `The checkpoint in ${directory} cannot be used: ${reason}. Start the run again without --resume.`,
) {}

/**
 * Writes a checkpoint to a new directory, then renames it. A kill leaves either the old checkpoint complete, possibly under its second
 * name, or the new one.
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

/** Whether there is a checkpoint to resume from. */
export const hasCheckpoint = (directory: string): boolean =>
  existsSync(existingCheckpoint(directory));

/** Directory of the checkpoint; the old one if the process was killed between the two renames. */
function existingCheckpoint(directory: string): string {
  const old = `${directory}.old`;
  return !existsSync(directory) && existsSync(old) ? old : directory;
}

/** @throws CheckpointError if it is missing, incomplete or of another version */
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
