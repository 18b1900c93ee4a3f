import type {DType} from '../dtypes.js';

/** A block of numbers stored outside the pickle. */
export class TorchStorage {
  constructor(
    readonly key: string,
    readonly dtype: DType,
    /** Number of elements, not bytes. */
    readonly length: number,
  ) {}
}

/** A pickled PyTorch tensor: a view of a storage. Offset and strides count elements. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A file of `torch.save`, in either format. */
export interface TorchFile {
  /** The saved value; its tensors are `TorchTensor`. */
  readonly root: unknown;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** Reads the bytes of a storage that a tensor of `root` uses. */
  readonly read: (storage: TorchStorage) => Promise<Uint8Array>;
  readonly close: () => void;
}
