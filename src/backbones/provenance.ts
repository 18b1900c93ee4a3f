import {messageOf} from '../core/errors.js';
import {CAFFE_PREPROCESSING, TORCHVISION_PREPROCESSING, type Preprocessing} from '../core/preprocessing.js';
import {validate, type ObjectSchema} from '../core/schema.js';
import {preprocessingSchema} from './card-schema.js';
import type {WeightsCard} from './cards.js';
import {WeightsFileError, type OpenWeights} from './readers/weights-file.js';
import type {ResNetFamily} from './resnet-specs.js';

/** What must be known of weights beside their numbers. */
export interface Provenance extends ResNetFamily {
  readonly preprocessing: Preprocessing;
}

export const TORCHVISION: Provenance = {strideOn: '3x3', batchNormEpsilon: 1e-5, preprocessing: TORCHVISION_PREPROCESSING};

/** A wrong family or preprocessing gives wrong features without a sign: what is said and not understood is not guessed at. */
const refusal = (path: string, key: string, found: string, wanted: string): WeightsFileError =>
  new WeightsFileError(path, `${key} ${JSON.stringify(found)} in its metadata`, `${wanted} is understood`);

function strideOn(path: string, text: string): ResNetFamily['strideOn'] {
  if (text === '3x3' || text === '1x1') return text;
  throw refusal(path, 'stride_on', text, '3x3 or 1x1');
}

function epsilon(path: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw refusal(path, 'batch_norm_epsilon', text, 'a number above 0');
}

/** `caffe: ...` in files prepared by others, the whole record as JSON in our own. */
function preprocessing(path: string, text: string): Preprocessing {
  if (text.startsWith('caffe')) return CAFFE_PREPROCESSING;
  try {
    return validate<Preprocessing>(preprocessingSchema as ObjectSchema, JSON.parse(text), 'It');
  } catch (error) {
    const reason = error instanceof SyntaxError ? '' : ` (${messageOf(error)})`;
    throw refusal(path, 'preprocessing', text, `caffe, or a whole record as JSON${reason}`);
  }
}

/** What the file says of itself, else its card; a bare state dict is torchvision's family, the only one that comes without saying so. */
export function provenanceOf({path, metadata}: Pick<OpenWeights, 'path' | 'metadata'>, card?: WeightsCard): Provenance {
  const known: Provenance = card ?? TORCHVISION;
  const said = <T>(key: string, read: (path: string, text: string) => T, otherwise: T): T => {
    const text = metadata[key];
    return text === undefined ? otherwise : read(path, text);
  };
  return {
    strideOn: said('stride_on', strideOn, known.strideOn),
    batchNormEpsilon: said('batch_norm_epsilon', epsilon, known.batchNormEpsilon),
    preprocessing: said('preprocessing', preprocessing, known.preprocessing),
  };
}
