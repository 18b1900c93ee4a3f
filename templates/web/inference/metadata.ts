import type {Preprocessing} from '../../../src/core/preprocessing.js';
import type {OpenSetRecord} from '../../../src/training/open-set/open-set-record.js';
import type {OpenSet} from '../../../src/training/open-set/open-set.js';
import type {
  EnsembleMetadata,
  ModelMetadata,
  ResizeMetadata,
} from '../../../src/export/record/metadata.js';

type WithOptional<Document, Key extends keyof Document> = Omit<Document, Key> &
  Partial<Pick<Document, Key>>;

/** `metadata.json` as it is read: models of earlier versions, which a new ensemble may have as members, lack some of it. */
export type StoredModelMetadata = WithOptional<ModelMetadata, 'activationMap' | 'unsureBelow'>;
export type StoredMetadata = StoredModelMetadata | WithOptional<EnsembleMetadata, 'unsureBelow'>;

/** Values of a vector in base64: little-endian float32, as browsers store them. */
const decodeVector = (text: string): Float32Array =>
  new Float32Array(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);

/** What tells images of none of the classes. */
export const toOpenSet = ({mean, precision, ...rest}: OpenSetRecord): OpenSet => ({
  mean: decodeVector(mean),
  precision: decodeVector(precision),
  ...rest,
});

/** What an image is resized by, from `metadata.json`. Normalization is part of the network, so these values leave colors as they are. */
export function toPreprocessing({inputSize, resize, pad}: ResizeMetadata): Preprocessing {
  const shared = {
    cropSize: inputSize,
    interpolation: 'bilinear',
    channelOrder: 'rgb',
    scale: 1,
    mean: pad?.color ?? [0, 0, 0],
    std: [1, 1, 1],
  } as const;
  if (pad !== undefined) return {...shared, resizeSize: inputSize, fit: 'pad'};
  return 'shortSide' in resize
    ? {...shared, resizeSize: resize.shortSide}
    : {...shared, resizeSize: inputSize, fit: 'squash'};
}
