import * as hdf5 from 'h5wasm';
import type {Dataset, Group} from 'h5wasm';
import {messageOf} from '../../core/errors.js';
import {sizeOf} from '../../core/host-tensor.js';
import {counted, Malformed} from './malformed.js';

/** Keras' groups of layers lie at most this deep; links may form circles. */
const MAX_DEPTH = 16;

/** ResNet-152 takes 3,700. */
const MAX_OBJECTS = 20_000;

/** A chunk is unpacked as a whole, however little of it is asked for. Keras writes none. */
const MAX_CHUNK_BYTES = 2 ** 26;

/** The type class of floating-point numbers. https://docs.hdfgroup.org (H5T_class_t) */
const H5T_FLOAT = 1;

const FILE = 'weights.h5';

/**
 * The weights in an HDF5 file of Keras, by their paths (a whole model's below `model_weights`). The library works on a file system in
 * memory: links and external storage in a file reach no other file of this machine. What it throws comes from deep inside and leaves it
 * in no state to be used again.
 */
export class Hdf5Weights {
  private readonly datasets = new Map<string, Dataset>();
  private objects = 0;

  private constructor() {}

  static async open(bytes: Uint8Array): Promise<Hdf5Weights> {
    const library = await hdf5.ready;
    library.activate_throwing_error_handler();
    return orMalformed(() => {
      library.FS.writeFile(FILE, bytes);
      const weights = new Hdf5Weights();
      weights.list();
      return weights;
    });
  }

  /** Nothing is read for it but headers. */
  get shapes(): Map<string, readonly number[]> {
    return orMalformed(() => new Map([...this.datasets].map(([name, {metadata}]) => [name, metadata.shape!])));
  }

  /** @throws Malformed where the numbers lie elsewhere, or in a way that takes far more memory than they do */
  read(name: string): Float32Array {
    return orMalformed(() => this.numbers(name, this.datasets.get(name)!));
  }

  private numbers(name: string, dataset: Dataset): Float32Array {
    const {size, chunks, virtual_sources: sources = []} = dataset.metadata;
    if (sources.length > 0) throw new Malformed(`values in another file for "${name}"`, 'copy them into the file');
    if (size !== 4 && size !== 8) throw new Malformed(`floats of ${size} bytes for "${name}"`, 'save it as float32');
    if (chunks !== null && size * sizeOf(chunks) > MAX_CHUNK_BYTES) {
      throw new Malformed(`a chunk of ${counted(size * sizeOf(chunks))} bytes for "${name}"`, 'save it without chunks');
    }
    return float32(dataset.value);
  }

  private list(): void {
    const file = new hdf5.File(FILE, 'r');
    const weights = file.keys().includes('model_weights') ? file.get('model_weights') : file;
    if (!(weights instanceof hdf5.Group)) throw new Malformed('a model_weights that is not a group');
    for (const layer of weights.keys().filter(key => !key.startsWith('optimizer'))) this.entry(weights, layer, layer, 0);
  }

  /** @param name the entry's path below the weights, as Keras calls it */
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
      const {type, shape} = entry.metadata;
      const known = withoutRepetition(name);
      if (type === H5T_FLOAT && shape !== null && !this.datasets.has(known)) this.datasets.set(known, entry);
    }
  }
}

/** The group of a layer is named like the layer, whose name its weights have once more: `conv1/resnet/conv1/kernel` -> `resnet/conv1/kernel`. */
function withoutRepetition(path: string): string {
  const parts = path.split('/');
  return parts.filter((part, at) => !parts.includes(part, at + 1)).join('/');
}

function orMalformed<T>(work: () => T): T {
  try {
    return work();
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

/** The variables of a layer in Keras 3's `.weights.h5`, by how many there are: a convolution's or dense layer's, or a batch norm's. */
const VARIABLES: Readonly<Record<number, readonly string[]>> = {
  1: ['kernel'],
  2: ['kernel', 'bias'],
  4: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/** Names for what is in a group: paths, but for Keras 3, which numbers a layer's variables and keeps its name as an attribute. */
function weightNames(group: Group, path: string): (key: string) => string {
  const layer = group.path.endsWith('/vars') ? group.attrs.name?.value : undefined;
  if (typeof layer !== 'string') return key => `${path}/${key}`;
  const variables = VARIABLES[group.keys().length] ?? [];
  const model = path.split('/').slice(0, -2);
  return key => [...model, layer, variables[Number(key)] ?? key].join('/');
}

/** The library gives a number for a scalar, a typed array of the stored width else. */
function float32(value: Dataset['value']): Float32Array {
  if (value instanceof Float32Array) return value;
  return typeof value === 'number' ? Float32Array.of(value) : Float32Array.from(value as Float64Array);
}
