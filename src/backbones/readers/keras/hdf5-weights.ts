import * as hdf5 from 'h5wasm';
import type {Dataset, Group} from 'h5wasm';
import {errorMessage} from '../../../core/errors.js';
import {sizeFromShape} from '../../../core/state-dict.js';
import {formatInteger} from '../../../core/text/format-count.js';
import {FormatError} from '../format-error.js';

/** Maximum depth of Keras' nested layer groups. Links may form cycles. */
const MAX_DEPTH = 16;

/** Maximum number of objects. ResNet-152 has 3,700. */
const MAX_OBJECTS = 20_000;

/** Maximum size of a chunk, which is always decompressed as a whole. Keras writes no chunks. */
const MAX_CHUNK_BYTES = 2 ** 26;

/** Type class of floating-point numbers. https://docs.hdfgroup.org (H5T_class_t) */
const H5T_FLOAT = 1;

const VIRTUAL_FILE = 'weights.h5';

/**
 * Weights in a Keras HDF5 file, by path (below `model_weights` in a whole-model file). The HDF5 library works on an in-memory file system:
 * links and external storage cannot reach other files of this machine. Its errors come from deep inside and leave it in an unusable state.
 */
export class Hdf5Weights {
  private readonly datasets = new Map<string, Dataset>();
  private objectCount = 0;

  private constructor() {}

  static async open(bytes: Uint8Array): Promise<Hdf5Weights> {
    const library = await hdf5.ready;
    library.activate_throwing_error_handler();
    return wrapHdf5Errors(() => {
      library.FS.writeFile(VIRTUAL_FILE, bytes);
      const weights = new Hdf5Weights();
      weights.indexDatasets();
      return weights;
    });
  }

  /** Shapes by name; reads only headers. */
  get shapes(): Map<string, readonly number[]> {
    return wrapHdf5Errors(
      () => new Map([...this.datasets].map(([name, {metadata}]) => [name, metadata.shape!])),
    );
  }

  /** @throws FormatError if the values are stored elsewhere, or would take far more memory than their size */
  read(name: string): Float32Array {
    return wrapHdf5Errors(() => this.readDataset(name, this.datasets.get(name)!));
  }

  private readDataset(name: string, dataset: Dataset): Float32Array {
    const {size, chunks, virtual_sources: sources = []} = dataset.metadata;
    if (sources.length > 0)
      throw new FormatError(`values in another file for "${name}"`, 'copy them into the file');
    if (size !== 4 && size !== 8)
      throw new FormatError(`floats of ${size} bytes for "${name}"`, 'save it as float32');
    if (chunks !== null && size * sizeFromShape(chunks) > MAX_CHUNK_BYTES) {
      throw new FormatError(
        `a chunk of ${formatInteger(size * sizeFromShape(chunks))} bytes for "${name}"`,
        'save it without chunks',
      );
    }
    return toFloat32(dataset.value);
  }

  private indexDatasets(): void {
    const file = new hdf5.File(VIRTUAL_FILE, 'r');
    const weights = file.keys().includes('model_weights') ? file.get('model_weights') : file;
    if (!(weights instanceof hdf5.Group))
      throw new FormatError('a model_weights that is not a group');
    for (const layer of weights.keys().filter(key => !key.startsWith('optimizer')))
      this.entry(weights, layer, layer, 0);
  }

  /** @param name the entry's path below the weights, in Keras' naming */
  private entry(group: Group, key: string, name: string, depth: number): void {
    this.objectCount++;
    if (this.objectCount > MAX_OBJECTS || depth > MAX_DEPTH) {
      throw new FormatError(
        `more than ${formatInteger(MAX_OBJECTS)} groups and weights, or ${MAX_DEPTH} inside each other`,
      );
    }
    const entry = group.get(key);
    if (entry instanceof hdf5.Group) {
      const names = createWeightNamer(entry, name);
      for (const inner of entry.keys()) this.entry(entry, inner, names(inner), depth + 1);
    } else if (entry instanceof hdf5.Dataset) {
      const {type, shape} = entry.metadata;
      const weightPath = removeRepeatedSegments(name);
      if (type === H5T_FLOAT && shape !== null && !this.datasets.has(weightPath))
        this.datasets.set(weightPath, entry);
    }
  }
}

/**
 * Removes repeated path segments. A layer's group has the layer's name, which its weights repeat: `conv1/resnet/conv1/kernel` ->
 * `resnet/conv1/kernel`.
 */
function removeRepeatedSegments(path: string): string {
  const segments = path.split('/');
  return segments.filter((segment, at) => !segments.includes(segment, at + 1)).join('/');
}

function wrapHdf5Errors<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(`a broken HDF5 file (${innermostCause(error)})`, undefined, {
      cause: error,
    });
  }
}

/** The innermost frame of the library's error report, which names the cause, without its source location. */
function innermostCause(error: unknown): string {
  const frames = errorMessage(error).matchAll(/in H5\w+\(\): (.+)/g);
  return (
    [...frames].at(-1)?.[1]?.slice(0, 120) ?? errorMessage(error).split('\n')[0]!.slice(0, 120)
  );
}

/** Variables of a layer in Keras 3's `.weights.h5`, by their number: those of a convolution or dense layer, or of a batch norm. */
const VARIABLE_NAMES: Readonly<Record<number, readonly string[]>> = {
  1: ['kernel'],
  2: ['kernel', 'bias'],
  4: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/**
 * Creates names for the entries of a group. They are paths, except in Keras 3, which numbers a layer's variables and stores its name as an
 * attribute.
 */
function createWeightNamer(group: Group, path: string): (key: string) => string {
  const layer = group.path.endsWith('/vars') ? group.attrs.name?.value : undefined;
  if (typeof layer !== 'string') return key => `${path}/${key}`;
  const variables = VARIABLE_NAMES[group.keys().length] ?? [];
  const model = path.split('/').slice(0, -2);
  return key => [...model, layer, variables[Number(key)] ?? key].join('/');
}

/** Converts values to float32. The library returns a number for a scalar, else a typed array of the stored type. */
function toFloat32(value: Dataset['value']): Float32Array {
  if (value instanceof Float32Array) return value;
  return typeof value === 'number'
    ? Float32Array.of(value)
    : Float32Array.from(value as Float64Array);
}
