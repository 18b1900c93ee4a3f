import {errorMessage} from '../../core/errors.js';
import {
  CAFFE_PREPROCESSING,
  TORCHVISION_PREPROCESSING,
  type Preprocessing,
} from '../../core/preprocessing.js';
import {validate, type ObjectSchema} from '../../core/schema.js';
import {preprocessingSchema} from '../pretrained/pretrained-schema.js';
import type {PretrainedWeights} from '../pretrained/pretrained.js';
import {WeightsFileError, type OpenWeights} from '../readers/weights-file.js';
import {archSpec, type Arch, type ResNetSpec, type ResNetVariant} from '../resnet-specs.js';

/** Properties needed to use weights, besides their values. */
export interface WeightsMetadata extends ResNetVariant {
  readonly preprocessing: Preprocessing;
}

/** Preprocessing of a network's images, unless its weights come with their own. */
const INPUTS: Readonly<Record<ResNetSpec['input'], Preprocessing>> = {
  imagenet: TORCHVISION_PREPROCESSING,
  inception: {...TORCHVISION_PREPROCESSING, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]},
  cifar: {...TORCHVISION_PREPROCESSING, resizeSize: 32, cropSize: 32},
};

/** Metadata of weights that come without: those of a network's publisher. */
export function publishedMetadata(arch: Arch): WeightsMetadata {
  const {strideIn1x1, batchNormEpsilon, input} = archSpec(arch);
  return {strideIn1x1, batchNormEpsilon, preprocessing: INPUTS[input]};
}

/** The error for unknown metadata. A wrong variant or preprocessing silently produces wrong features, so values are never guessed. */
const unsupportedValue = (
  path: string,
  key: string,
  found: string,
  expected: string,
): WeightsFileError =>
  new WeightsFileError(
    {path, reason: `${key} ${JSON.stringify(found)} in its metadata`},
    {remedy: `use ${expected}`},
  );

/** `stride_on` of a weights file: the kernel size of the convolution with the stride. */
export const formatStrideOn = ({strideIn1x1}: ResNetVariant): string =>
  strideIn1x1 ? '1x1' : '3x3';

function parseStrideOn(path: string, text: string): boolean {
  if (text === '3x3' || text === '1x1') return text === '1x1';
  throw unsupportedValue(path, 'stride_on', text, '3x3 or 1x1');
}

function parseEpsilon(path: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw unsupportedValue(path, 'batch_norm_epsilon', text, 'a number above 0');
}

/** Preprocessing in metadata: `caffe: ...` in files prepared by others, the whole record as JSON in this project's files. */
function parsePreprocessing(path: string, text: string): Preprocessing {
  if (text.startsWith('caffe')) return CAFFE_PREPROCESSING;
  try {
    return validate<Preprocessing>(preprocessingSchema as ObjectSchema, JSON.parse(text), 'It');
  } catch (error) {
    const reason = error instanceof SyntaxError ? '' : ` (${errorMessage(error)})`;
    throw unsupportedValue(
      path,
      'preprocessing',
      text,
      `caffe, or a whole record as JSON${reason}`,
    );
  }
}

/** Metadata of a file, else of its pretrained-weights entry, else those of the network's publisher. */
export function readWeightsMetadata(
  {path, metadata}: Pick<OpenWeights, 'path' | 'metadata'>,
  arch: Arch,
  pretrained?: PretrainedWeights,
): WeightsMetadata {
  const defaults: WeightsMetadata = pretrained ?? publishedMetadata(arch);
  const readValue = <T>(key: string, read: (path: string, text: string) => T, fallback: T): T => {
    const text = metadata[key];
    return text === undefined ? fallback : read(path, text);
  };
  return {
    strideIn1x1: readValue('stride_on', parseStrideOn, defaults.strideIn1x1),
    batchNormEpsilon: readValue('batch_norm_epsilon', parseEpsilon, defaults.batchNormEpsilon),
    preprocessing: readValue('preprocessing', parsePreprocessing, defaults.preprocessing),
  };
}
