import * as hdf5 from 'h5wasm';
import type {Dataset, Group} from 'h5wasm';
import {messageOf} from '../../core/errors.js';
import type {HostTensor} from '../../core/host-tensor.js';
import {Allowance} from './elements.js';
import {counted, Malformed} from './malformed.js';

/** Keras' groups of layers lie at most this deep; links may form circles. */
const MAX_DEPTH = 16;
const MAX_OBJECTS = 100_000;

/** Numbers per byte of the file. Trained weights hardly compress, and Keras does not try; chunks that were never written claim anything. */
const MAX_COMPRESSION = 32;

/** The type class of floating-point numbers. https://docs.hdfgroup.org (H5T_class_t) */
const H5T_FLOAT = 1;

const FILE = 'weights.h5';

/**
 * The weights in an HDF5 file of Keras, by name. The library works on a file system in memory: links and external storage in a file reach
 * no other file of this machine. What it throws comes from deep inside and leaves it in no state to be used again.
 */
export async function weightsInHdf5(bytes: Uint8Array): Promise<Map<string, HostTensor>> {
  const library = await hdf5.ready;
  library.activate_throwing_error_handler();
  library.FS.writeFile(FILE, bytes);
  try {
    return new Reading(new Allowance(MAX_COMPRESSION * bytes.length)).all();
  } catch (error) {
    if (error instanceof Malformed) throw error;
    throw new Malformed(`a broken HDF5 file (${causeOf(error)})`, undefined, {cause: error});
  }
}

/** The innermost frame of the library's report, which is the cause, without its place in the source. */
function causeOf(error: unknown): string {
  const frames = messageOf(error).matchAll(/in H5\w+\(\): (.+)/g);
  return [...frames].at(-1)?.[1]?.slice(0, 120) ?? messageOf(error).split('\n')[0]!.slice(0, 120);
}

class Reading {
  private readonly tensors = new Map<string, HostTensor>();
  private objects = 0;

  constructor(private readonly allowance: Allowance) {}

  all(): Map<string, HostTensor> {
    const file = new hdf5.File(FILE, 'r');
    const weights = file.keys().includes('model_weights') ? file.get('model_weights') : file;
    if (!(weights instanceof hdf5.Group)) throw new Malformed('a model_weights that is not a group');
    for (const layer of weights.keys().filter(key => !key.startsWith('optimizer'))) this.entry(weights, layer, '', 0);
    return this.tensors;
  }

  /** @param name the weight's, as Keras calls it: its path below the layer's group */
  private entry(group: Group, key: string, name: string, depth: number): void {
    this.objects++;
    if (this.objects > MAX_OBJECTS || depth > MAX_DEPTH) {
      throw new Malformed(`more than ${counted(MAX_OBJECTS)} groups and weights, or ${MAX_DEPTH} inside each other`);
    }
    const entry = group.get(key);
    if (entry instanceof hdf5.Group) {
      const names = weightNames(entry, name);
      for (const inner of entry.keys()) this.entry(entry, inner, names(inner), depth + 1);
    } else if (entry instanceof hdf5.Dataset) {
      this.weight(entry, name === '' ? key : name);
    }
  }

  private weight(dataset: Dataset, name: string): void {
    const {type, shape, size, virtual_sources: sources = []} = dataset.metadata;
    if (type !== H5T_FLOAT || shape === null) return;
    if (this.tensors.has(name)) throw new Malformed(`two weights named "${name}"`, 'save the layers of nested models apart');
    if (sources.length > 0) throw new Malformed(`values in another file for "${name}"`, 'copy them into the file');
    this.allowance.claim(name, shape);
    if (size !== 4 && size !== 8) throw new Malformed(`floats of ${size} bytes for "${name}"`, 'save it as float32');
    this.tensors.set(name, {shape, data: float32(dataset.value)});
  }
}

/** The variables of a layer in Keras 3's `.weights.h5`, by how many there are: a convolution's or dense layer's, or a batch norm's. */
const VARIABLES: Readonly<Record<number, readonly string[]>> = {
  1: ['kernel'],
  2: ['kernel', 'bias'],
  4: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/** Names for what is in a group: paths, but for Keras 3, which numbers a layer's variables and keeps its name as an attribute. */
function weightNames(group: Group, path: string): (key: string) => string {
  const layer = group.path.endsWith('/vars') ? group.attrs.name?.value : undefined;
  if (typeof layer !== 'string') return key => (path === '' ? key : `${path}/${key}`);
  const variables = VARIABLES[group.keys().length] ?? [];
  return key => `${layer}/${variables[Number(key)] ?? key}`;
}

/** The library gives a number for a scalar, a typed array of the stored width else. */
function float32(value: Dataset['value']): Float32Array {
  if (value instanceof Float32Array) return value;
  return typeof value === 'number' ? Float32Array.of(value) : Float32Array.from(value as Float64Array);
}
