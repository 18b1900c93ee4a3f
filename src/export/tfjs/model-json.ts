import {convolutions} from '../../backbones/resnet-specs.js';
import {validate} from '../../core/schema.js';
import {sha256} from '../../core/files/sha256.js';
import {MODEL_FILES, SHARD_NAME} from '../record/file-names.js';
import {objectSchema, specOf, type ModelRecord} from '../record/model-record.js';
import {shapesOf} from '../record/record-problems.js';

interface Layer {
  readonly name: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface ManifestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: {readonly dtype: string};
}

/** As much of a `model.json` as is looked into. */
interface ModelDocument {
  readonly modelTopology: {
    readonly config: {
      readonly layers: readonly Layer[];
      readonly output_layers: readonly unknown[];
    };
  };
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly ManifestWeight[];
  }[];
}

/** The standard layers that `toLayersModel` makes. Others may run code, or nobody has looked into what they do. */
const LAYERS = [
  ...[
    'InputLayer',
    'Conv2D',
    'ZeroPadding2D',
    'BatchNormalization',
    'Activation',
    'MaxPooling2D',
    'Add',
  ],
  ...['GlobalAveragePooling2D', 'GlobalMaxPooling2D', 'Concatenate', 'Dense'],
];

/** Bytes of a number, by how it is stored. */
const BYTES_PER_ELEMENT: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
};

const text = {type: 'string', maxLength: 1000};
const extent = {type: 'integer', minimum: 1, maximum: 2 ** 24};

const weightSchema = objectSchema(
  {name: text, shape: {type: 'array', items: extent, maxItems: 4}, dtype: {const: 'float32'}},
  {
    quantization: objectSchema(
      {dtype: {enum: Object.keys(BYTES_PER_ELEMENT).filter(type => type !== 'float32')}},
      {scale: {type: 'number'}, min: {type: 'number'}, original_dtype: {const: 'float32'}},
    ),
  },
);

const modelSchema = objectSchema({
  format: {const: 'layers-model'},
  modelTopology: objectSchema({
    config: objectSchema({
      layers: {
        type: 'array',
        maxItems: 5000,
        items: objectSchema({name: text, class_name: {enum: LAYERS}, config: {type: 'object'}}),
      },
      output_layers: {type: 'array', maxItems: 1},
    }),
  }),
  weightsManifest: {
    type: 'array',
    maxItems: 1,
    items: objectSchema({
      paths: {type: 'array', maxItems: 10_000, items: {...text, pattern: SHARD_NAME.source}},
      weights: {type: 'array', maxItems: 10_000, items: weightSchema},
    }),
  },
});

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** torchvision's names and layout -> those of tf.layers: `conv1.weight` OIHW -> `conv1/kernel` HWIO. */
const NORM: Readonly<Record<string, string>> = {
  weight: 'gamma',
  bias: 'beta',
  running_mean: 'moving_mean',
  running_var: 'moving_variance',
};

function weightOf(key: string, shape: readonly number[]): [string, readonly number[]] {
  const [, layer, part] = /^(.*)\.(\w+)$/.exec(key) as unknown as [string, string, string];
  if (shape.length === 1) return [`${layer}/${layer.startsWith('fc') ? part : NORM[part]!}`, shape];
  const [outputs, inputs, ...kernel] = shape;
  return [`${layer}/kernel`, [...kernel, inputs!, outputs!]];
}

const weightsOf = (record: ModelRecord): Map<string, readonly number[]> =>
  new Map([
    ['normalize/kernel', [1, 1, 3, 3]],
    ['normalize/bias', [3]],
    ...[...shapesOf(record)].map(([key, shape]) => weightOf(key, shape)),
  ]);

function* weightProblems(
  {weightsManifest: [group]}: ModelDocument,
  record: ModelRecord,
): Generator<string> {
  const {paths = [], weights = []} = group ?? {};
  const expected = weightsOf(record);
  for (const {name, shape} of weights) {
    if (!same(expected.get(name), shape))
      yield `weight ${name} of ${shape.join(' x ')}, not ${expected.get(name)?.join(' x ') ?? 'none'}`;
    expected.delete(name);
  }
  for (const name of expected.keys()) yield `no weight ${name}, or two of a name`;
  const shards = Object.keys(record.files).filter(name => SHARD_NAME.test(name));
  if (!same([...paths].sort(), shards.sort()))
    yield `other shards (${paths.slice(0, 3).join(', ')}...) than finetune.json lists`;
  const needed = weights.reduce(
    (sum, {shape, dtype, quantization}) =>
      sum + shape.reduce((a, b) => a * b, BYTES_PER_ELEMENT[quantization?.dtype ?? dtype]!),
    0,
  );
  const found = paths.reduce((sum, path) => sum + record.files[path]!.bytes, 0);
  if (needed !== found) yield `weights of ${needed} bytes, where the shards have ${found}`;
  const hashes = [MODEL_FILES.model, ...paths].map(name => `${record.files[name]!.sha256}\n`);
  if (sha256(hashes.join('')) !== record.contentHash) yield 'another contentHash in finetune.json';
}

function* layerProblems(
  {modelTopology: {config}}: ModelDocument,
  record: ModelRecord,
): Generator<string> {
  const {cropSize} = record.preprocessing;
  const layers = new Map(config.layers.map(layer => [layer.name, layer]));
  const setting = (layer: string, key: string): unknown => layers.get(layer)?.config[key];
  if (layers.size < config.layers.length) yield 'two layers of one name';
  const inputs = config.layers
    .filter(layer => layer.class_name === 'InputLayer')
    .map(layer => layer.config.batch_input_shape);
  if (!same(inputs, [[null, cropSize, cropSize, 3]]))
    yield `an input of ${JSON.stringify(inputs).slice(0, 100)}, not of ${cropSize} x ${cropSize} x 3`;
  for (const {conv, norm, stride} of convolutions(specOf(record))) {
    if (!same(setting(conv, 'strides'), [stride, stride])) yield `another stride of ${conv}`;
    if (setting(norm, 'epsilon') !== record.variant.batchNormEpsilon)
      yield `another epsilon of ${norm}`;
  }
  if (
    !same(config.output_layers, [['probabilities', 0, 0]]) ||
    setting('probabilities', 'activation') !== 'softmax'
  )
    yield 'another output than probabilities';
}

/** One after the other: each goes by what those before have found sound. */
function* problems(model: ModelDocument, record: ModelRecord): Generator<string> {
  yield* layerProblems(model, record);
  yield* weightProblems(model, record);
}

/**
 * Whether a `model.json` is that of the network that `finetune.json` describes: its layers, its weights and the files they lie in.
 * @returns what is not, for people; undefined where all is
 * @throws SchemaError
 */
export function findModelJsonProblem(
  document: unknown,
  record: ModelRecord,
  path: string,
): string | undefined {
  const model = validate<ModelDocument>(modelSchema, document, path, 'first');
  const [problem] = problems(model, record);
  return problem;
}
