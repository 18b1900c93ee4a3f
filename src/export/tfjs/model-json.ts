import type {Layer as NetworkLayer} from '../../backbones/layers.js';
import {networkLayers} from '../../backbones/network.js';
import {sha256} from '../../core/files/sha256.js';
import {validate} from '../../core/schema.js';
import {MODEL_FILES, SHARD_NAME} from '../record/file-names.js';
import {objectSchema, specOf, type ModelRecord} from '../record/model-record.js';
import {denseLayersOf} from '../record/record-problems.js';

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

/** Fields of `model.json` that are checked. */
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

/** Standard layers that `toLayersModel` creates. Other layers are rejected: they may run code, or have not been reviewed. */
const LAYERS = [
  ...['InputLayer', 'Conv2D', 'DepthwiseConv2D', 'ZeroPadding2D', 'BatchNormalization'],
  ...['Activation', 'MaxPooling2D', 'AveragePooling2D', 'AveragePooling3D', 'Reshape', 'Permute'],
  ...['Add', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D', 'Concatenate', 'Dense'],
];

/** Bytes per element, by storage type. */
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
        maxItems: 20_000,
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

/** Weights that a layer of tf.layers stores, by name. Convolution kernels are HWIO. */
function layerWeights(layer: NetworkLayer): [string, readonly number[]][] {
  const {kind, name, channels} = layer;
  if (kind === 'norm')
    return ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(part => [
      `${name}/${part}`,
      [channels],
    ]);
  if (kind !== 'conv') return [];
  const {kernel, inChannels, groups, hasBias} = layer;
  const shape = [kernel, kernel, inChannels, channels / groups];
  return [
    [`${name}/${groups === 1 ? 'kernel' : 'depthwise_kernel'}`, shape],
    ...(hasBias ? [[`${name}/bias`, [channels]] as [string, readonly number[]]] : []),
  ];
}

const weightsOf = (record: ModelRecord): Map<string, readonly number[]> =>
  new Map([
    ['normalize/kernel', [1, 1, 3, 3]],
    ['normalize/bias', [3]],
    ...networkLayers(specOf(record)).flatMap(layerWeights),
    ...denseLayersOf(record).flatMap(({name, inputs, outputs}): [string, readonly number[]][] => [
      [`${name}/kernel`, [inputs, outputs]],
      [`${name}/bias`, [outputs]],
    ]),
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
  for (const layer of networkLayers(specOf(record))) {
    const {kind, name} = layer;
    if (kind === 'conv' && !same(setting(name, 'strides'), [layer.stride, layer.stride]))
      yield `another stride of ${name}`;
    if (kind === 'norm' && setting(name, 'epsilon') !== layer.epsilon)
      yield `another epsilon of ${name}`;
  }
  if (
    !same(config.output_layers, [['probabilities', 0, 0]]) ||
    setting('probabilities', 'activation') !== 'softmax'
  )
    yield 'another output than probabilities';
}

/** Problems in order. Later checks rely on earlier ones. */
function* problems(model: ModelDocument, record: ModelRecord): Generator<string> {
  yield* layerProblems(model, record);
  yield* weightProblems(model, record);
}

/**
 * Checks that `model.json` describes the same network as `finetune.json`: its layers, weights and shard files.
 * @returns a message; undefined if there is no problem
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
