import type {TorchStorage} from './torch-tensor.js';
/** What `torch.save` wrote, in either format. */
export interface TorchFile {
  /** What was saved; tensors are `TorchTensor`. */
  readonly root: unknown;
  /** Of the file. */
  readonly bytes: number;
  /** The bytes of a storage that a tensor of `root` lies in. */
  readonly read: (storage: TorchStorage) => Promise<Uint8Array>;
  readonly close: () => void;
}
