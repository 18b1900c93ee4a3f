import type {DType} from '../dtypes.js';

/** A block of numbers that lies outside the pickle. */
export class TorchStorage {
  constructor(
    readonly key: string,
    readonly dtype: DType,
    /** Elements, not bytes. */
    readonly length: number,
  ) {}
}

/** A tensor as PyTorch pickles it: where its elements lie in a storage. Offset and strides count elements. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

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
