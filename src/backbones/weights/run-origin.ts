import {existsSync, statSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {ARCHS, STAGES, type Arch, type LastStage} from '../resnet-specs.js';

/** How a run of this project began. Its checkpoints hold only the weights that the run trained, so the rest comes from here. */
export interface RunOrigin {
  readonly arch: Arch;
  readonly lastStage: LastStage;
  /** Value of `--weights`. */
  readonly weights: string;
  readonly seed: number;
}

/** Maximum depth of a checkpoint below its run: `checkpoints/best`. */
const MAX_PARENT_LEVELS = 3;

/** The weights file of a checkpoint, given the file or its folder. */
export const resolveCheckpointFile = (path: string): string =>
  existsSync(path) && statSync(path).isDirectory() ? join(path, 'weights.safetensors') : path;

/** Origin of the run that wrote a checkpoint; undefined for any other file. */
export async function readRunOrigin(path: string): Promise<RunOrigin | undefined> {
  const file = resolve(resolveCheckpointFile(path));
  if (basename(file) !== 'weights.safetensors' || !existsSync(file)) return undefined;
  let directory = dirname(file);
  for (let level = 0; level < MAX_PARENT_LEVELS; level++) {
    directory = dirname(directory);
    const recipe = join(directory, 'recipe.json');
    if (existsSync(recipe)) return parseRunOrigin(await readFile(recipe, 'utf8'));
  }
  return undefined;
}

function parseRunOrigin(text: string): RunOrigin | undefined {
  try {
    const {arch, lastStage, weights, seed} = JSON.parse(text) as Record<string, unknown>;
    const isValid = ARCHS.includes(arch as Arch) && STAGES.includes(lastStage as LastStage);
    if (!isValid || typeof weights !== 'string' || typeof seed !== 'number') return undefined;
    return {arch: arch as Arch, lastStage: lastStage as LastStage, weights, seed};
  } catch {
    return undefined;
  }
}
