import type {Moments, OpenSet} from './open-set.js';
import type {ThresholdRule} from './threshold.js';

/** `OpenSet` as JSON. Vectors are base64 of little-endian float32. */
export interface OpenSetRecord {
  readonly mean: string;
  readonly precision: string;
  readonly margin: Moments;
  readonly distance: Moments;
  readonly threshold: number;
  /** How the threshold was chosen, if that was done after training. */
  readonly thresholdRule?: ThresholdRule;
}

const vector = {type: 'string', minLength: 4, maxLength: 2 ** 20, pattern: '^[A-Za-z0-9+/]+=*$'};
const moments = {type: 'array', items: {type: 'number'}, minItems: 2, maxItems: 2};

/** JSON Schema of `OpenSetRecord`. */
export const OPEN_SET_SCHEMA = {
  type: 'object',
  required: ['mean', 'precision', 'margin', 'distance', 'threshold'],
  properties: {
    mean: vector,
    precision: vector,
    margin: moments,
    distance: moments,
    threshold: {type: 'number'},
    thresholdRule: {type: ['number', 'string']},
  },
} as const;

const encode = (values: Float32Array): string => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  return bytes.toString('base64');
};

const decode = (text: string): Float32Array => {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({length: Math.floor(bytes.length / 4)}, (_, i) =>
    bytes.readFloatLE(4 * i),
  );
};

export const toOpenSetRecord = ({mean, precision, ...rest}: OpenSet): OpenSetRecord => ({
  mean: encode(mean),
  precision: encode(precision),
  ...rest,
});

export const fromOpenSetRecord = ({mean, precision, ...rest}: OpenSetRecord): OpenSet => ({
  mean: decode(mean),
  precision: decode(precision),
  ...rest,
});
