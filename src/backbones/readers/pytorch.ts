import type {HostTensor} from '../../core/host-tensor.js';
import {Allowance} from './elements.js';
import {openTorchLegacy} from './torch-legacy.js';
import type {TorchStorage} from './torch-dialect.js';
import {stateDictIn} from './torch-state-dict.js';
import {elementsOf} from './torch-strides.js';
import {openTorchZip} from './torch-zip.js';
import type {Contents} from './weights-file.js';

/** What `torch.save` wrote, in either format. */
export interface TorchFile {
  /** What was saved; tensors are `TorchTensor`. */
  readonly root: unknown;
  /** The bytes of a storage that a tensor of `root` lies in. */
  readonly read: (storage: TorchStorage) => Promise<Uint8Array>;
  readonly close: () => void;
}

/**
 * Reads the state dict of a `.pth`, `.pt` or `.th` file. Nothing in the file is executed, and only the storages of the state dict are
 * read: an optimizer's state beside it costs nothing.
 */
export async function readPyTorch(path: string, container: 'zip' | 'legacy'): Promise<Contents> {
  const file = await (container === 'zip' ? openTorchZip(path) : openTorchLegacy(path));
  try {
    return {metadata: {}, tensors: await readTensors(file)};
  } finally {
    file.close();
  }
}

async function readTensors(file: TorchFile): Promise<Map<string, HostTensor>> {
  const allowance = new Allowance();
  const values = new Map<TorchStorage, Float32Array>();
  const tensors = new Map<string, HostTensor>();
  for (const [name, tensor] of stateDictIn(file.root)) {
    const {storage, shape} = tensor;
    if (storage.type.decode === undefined) continue;
    if (!values.has(storage)) {
      allowance.claim(name, [storage.length]);
      values.set(storage, storage.type.decode(await file.read(storage)));
    }
    tensors.set(name, {shape, data: elementsOf(name, tensor, values.get(storage)!, allowance)});
  }
  return tensors;
}
