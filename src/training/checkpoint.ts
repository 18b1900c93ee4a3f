import {existsSync} from 'node:fs';
import {mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {FinetuneError, messageOf} from '../core/errors.js';
import type {NamedHostTensors} from '../core/host-tensor.js';
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
  /** Every group that some phase trains. */
  readonly weights: NamedHostTensors;
  readonly optimizer: NamedHostTensors;
  readonly best: NamedHostTensors;
}

const VERSION = 1;

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

async function writeBeside(directory: string, write: (fresh: string) => Promise<void>): Promise<void> {
  const fresh = `${directory}.new`;
  await rm(fresh, {recursive: true, force: true});
  await mkdir(fresh, {recursive: true});
  await write(fresh);
}

/** A kill leaves the old directory, perhaps under its second name, or the new one. */
async function moveIntoPlace(directory: string): Promise<void> {
  const old = `${directory}.old`;
  if (existsSync(directory)) {
    await rm(old, {recursive: true, force: true});
    await rename(directory, old);
  }
  await rename(`${directory}.new`, directory);
  await rm(old, {recursive: true, force: true});
}

/**
 * Writes everything beside its place before it moves any of it.
 * @param directory `checkpoints/last`; the best weights go beside it, to `checkpoints/best`
 */
export async function writeCheckpoint<Row>(directory: string, checkpoint: Checkpoint<Row>): Promise<void> {
  const {weights, optimizer, best, bestMetrics, ...state} = checkpoint;
  const bestDirectory = join(dirname(directory), 'best');
  await writeBeside(bestDirectory, async fresh => {
    await writeSafetensors(join(fresh, 'weights.safetensors'), best, {});
    await writeFile(join(fresh, 'metrics.json'), JSON.stringify(bestMetrics ?? null));
  });
  await writeBeside(directory, async fresh => {
    await writeSafetensors(join(fresh, 'weights.safetensors'), weights, {});
    await writeSafetensors(join(fresh, 'optimizer.safetensors'), optimizer, {});
    await writeFile(join(fresh, 'state.json'), JSON.stringify({version: VERSION, ...state}));
  });
  await moveIntoPlace(bestDirectory);
  await moveIntoPlace(directory);
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
  const last = placeOf(directory);
  const best = placeOf(join(dirname(directory), 'best'));
  if (!hasCheckpoint(directory)) throw new CheckpointError(directory, 'found none');
  const tensors = async (path: string): Promise<NamedHostTensors> => (await readSafetensors(path)).tensors;
  const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));
  try {
    const {version, ...state} = (await json(join(last, 'state.json'))) as Pick<Checkpoint<Row>, 'phase' | 'position' | 'history'> & {
      version: number;
    };
    if (version !== VERSION) throw new Error(`it is of version ${version}, not ${VERSION}`);
    const bestMetrics = (await json(join(best, 'metrics.json'))) as Metrics | null;
    return {
      ...state,
      ...(bestMetrics !== null && {bestMetrics}),
      weights: await tensors(join(last, 'weights.safetensors')),
      optimizer: await tensors(join(last, 'optimizer.safetensors')),
      best: await tensors(join(best, 'weights.safetensors')),
    };
  } catch (error) {
    throw new CheckpointError(directory, `it cannot be read: ${messageOf(error)}`);
  }
}
