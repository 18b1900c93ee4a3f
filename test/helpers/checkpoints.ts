import {toFloat16} from '../../src/core/float16.js';
import type {CpuTensor} from '../../src/core/state-dict.js';
import {backboneShapes} from '../../src/backbones/network.js';
import type {Arch, LastStage} from '../../src/backbones/resnet-specs.js';
import {hashed} from './hashed-weights.js';
import {dictionary, integer, list, NONE, text, type Pickled} from './pickles.js';
import {bytesOf, tensor, torchLegacy, torchZip} from './torch-files.js';

export type StateDict = Readonly<Record<string, CpuTensor>>;

/** What a training script may save: plain values, and pickled ones as they are. */
export type Saved =
  CpuTensor | Pickled | number | string | null | readonly Saved[] | {readonly [key: string]: Saved};

const isTensor = (value: Saved): value is CpuTensor =>
  typeof value === 'object' && value !== null && 'shape' in value;

/** Types of the numbers in a file, and their bytes. */
const NUMBERS = {
  float: {type: 'FloatStorage', bytesOf: (data: Float32Array) => bytesOf(data), size: 4},
  half: {type: 'HalfStorage', bytesOf: (data: Float32Array) => bytesOf(toFloat16(data)), size: 2},
} as const;

/** The pickle of a value, and the storages of its tensors. */
function pickled(value: Saved, storages: Map<string, CpuTensor>, type: string): Pickled {
  if (value === null) return NONE;
  if (typeof value === 'number') return integer(value);
  if (typeof value === 'string') return text(value);
  if (Buffer.isBuffer(value)) return value;
  if (isTensor(value)) {
    const key = String(storages.size);
    storages.set(key, value);
    return tensor({key, shape: value.shape, type});
  }
  if (Array.isArray(value))
    return list(...(value as readonly Saved[]).map(item => pickled(item, storages, type)));
  return dictionary(
    Object.fromEntries(
      Object.entries(value as object).map(([key, inner]) => [
        key,
        pickled(inner as Saved, storages, type),
      ]),
    ),
  );
}

/** What `torch.save` makes of a value, today or before 1.6. */
export function torchSaved(
  value: Saved,
  format: 'zip' | 'legacy' = 'zip',
  numbers: keyof typeof NUMBERS = 'float',
): Buffer {
  const storages = new Map<string, CpuTensor>();
  const {type, size, ...kind} = NUMBERS[numbers];
  const root = pickled(value, storages, type);
  const bytes = [...storages].map(([key, {data}]) => [key, kind.bytesOf(data)] as const);
  if (format === 'zip') return torchZip(root, Object.fromEntries(bytes));
  return torchLegacy(
    root,
    Object.fromEntries(
      bytes.map(([key, stored]) => [key, {length: stored.length / size, bytes: stored}]),
    ),
  );
}

/** Weights of a ResNet under torchvision's names, classifier and counters included. @param seed another network's numbers */
export function stateDict(arch: Arch, lastStage: LastStage, seed = ''): Record<string, CpuTensor> {
  const shapes = backboneShapes({arch, lastStage, strideIn1x1: false, batchNormEpsilon: 1e-5});
  const tensors = [...shapes].map(([name, shape]) => [name, hashed(seed + name, shape)]);
  return {
    ...(Object.fromEntries(tensors) as Record<string, CpuTensor>),
    'fc.weight': hashed(`${seed}fc`, [3, 8]),
    'fc.bias': hashed(`${seed}b`, [3]),
  };
}

/** The same tensors under other names; those without one are left out. */
export function renamed(
  tensors: StateDict,
  rename: (name: string) => string | undefined,
): Record<string, CpuTensor> {
  const entries = Object.entries(tensors).flatMap(([name, tensor]) => {
    const other = rename(name);
    return other === undefined ? [] : [[other, tensor] as const];
  });
  return Object.fromEntries(entries);
}

export const below = (prefix: string, tensors: StateDict): Record<string, CpuTensor> =>
  renamed(tensors, name => prefix + name);
export const headless = (tensors: StateDict): Record<string, CpuTensor> =>
  renamed(tensors, name => (name.startsWith('fc.') ? undefined : name));

interface Part {
  readonly stage?: number;
  readonly block?: number;
  readonly conv?: number;
  readonly kind: 'conv' | 'norm';
  readonly parameter: string;
}

/** What a torchvision name speaks of; no `stage` for the stem, no `conv` for a shortcut. */
function partOf(name: string): Part | undefined {
  const [, stage, block, kind, conv, parameter] =
    /^(?:layer(\d)\.(\d+)\.)?(conv|bn|downsample\.)(\d)\.(\w+)$/.exec(name) ?? [];
  if (parameter === undefined) return undefined;
  const place = stage === undefined ? {} : {stage: Number(stage), block: Number(block)};
  if (kind === 'downsample.') return {...place, kind: conv === '0' ? 'conv' : 'norm', parameter};
  return {...place, conv: Number(conv), kind: kind === 'conv' ? 'conv' : 'norm', parameter};
}

/** Renames by the part that a name speaks of; the classifier is left out. */
const byPart =
  (rename: (part: Part) => string) =>
  (tensors: StateDict): Record<string, CpuTensor> =>
    renamed(tensors, name => {
      const part = partOf(name);
      return part && rename(part);
    });

const HF_KINDS = {conv: 'convolution', norm: 'normalization'};

export const huggingFace = byPart(({stage, block, conv, kind, parameter}) => {
  if (stage === undefined) return `resnet.embedder.embedder.${HF_KINDS[kind]}.${parameter}`;
  const layer = `resnet.encoder.stages.${stage - 1}.layers.${block}`;
  return conv === undefined
    ? `${layer}.shortcut.${HF_KINDS[kind]}.${parameter}`
    : `${layer}.layer.${conv - 1}.${HF_KINDS[kind]}.${parameter}`;
});

export const detectron2 = byPart(({stage, block, conv, kind, parameter}) => {
  const norm = kind === 'norm' ? '.norm' : '';
  if (stage === undefined) return `stem.conv1${norm}.${parameter}`;
  return `res${stage + 1}.${block}.${conv === undefined ? 'shortcut' : `conv${conv}`}${norm}.${parameter}`;
});

const KERAS_PARAMETERS: Readonly<Record<Part['kind'], Readonly<Record<string, string>>>> = {
  conv: {weight: 'kernel'},
  norm: {
    weight: 'gamma',
    bias: 'beta',
    running_mean: 'moving_mean',
    running_var: 'moving_variance',
  },
};

const kerasParameter = ({kind, parameter}: Part): string => KERAS_PARAMETERS[kind][parameter]!;

/** Filters as Keras keeps them: OIHW -> HWIO. */
function channelsLast({shape, data}: CpuTensor): CpuTensor {
  if (shape.length !== 4) return {shape, data};
  const [outputs, inputs, height, width] = shape as [number, number, number, number];
  const moved = new Float32Array(data.length);
  data.forEach((value, at) => {
    const [x, y] = [at % width, Math.floor(at / width) % height];
    const [input, output] = [
      Math.floor(at / (width * height)) % inputs,
      Math.floor(at / (width * height * inputs)),
    ];
    moved[((y * width + x) * inputs + input) * outputs + output] = value;
  });
  return {shape: [height, width, inputs, outputs], data: moved};
}

const asKeras = (tensors: StateDict): Record<string, CpuTensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, channelsLast(value)]));

export const kerasApplications = (tensors: StateDict): Record<string, CpuTensor> =>
  asKeras(
    byPart(part => {
      const {stage, block, conv = 0, kind} = part;
      const layer = stage === undefined ? 'conv1' : `conv${stage + 1}_block${block! + 1}_${conv}`;
      return `${layer}_${kind === 'norm' ? 'bn' : 'conv'}/${kerasParameter(part)}`;
    })(tensors),
  );

export const keras20 = (tensors: StateDict): Record<string, CpuTensor> =>
  asKeras(
    byPart(part => {
      const {stage, block, conv, kind} = part;
      const norm = kind === 'norm';
      if (stage === undefined) return `${norm ? 'bn_conv1' : 'conv1'}/${kerasParameter(part)}`;
      const branch = conv === undefined ? 'branch1' : `branch2${'abc'[conv - 1]}`;
      return `${norm ? 'bn' : 'res'}${stage + 1}${'abcdef'[block!]}_${branch}/${kerasParameter(part)}`;
    })(tensors),
  );

export const tfjsOwn = (tensors: StateDict): Record<string, CpuTensor> =>
  asKeras(
    renamed(tensors, name => {
      const part = partOf(name);
      return part && name.replace(/\.\w+$/, `/${kerasParameter(part)}`);
    }),
  );

/** Children of an nn.Sequential: the first stage is number `first`. */
export const numbered = (
  tensors: StateDict,
  first: number,
  stem: readonly [string, string] = ['0', '1'],
): Record<string, CpuTensor> =>
  renamed(tensors, name =>
    name.startsWith('fc.')
      ? undefined
      : name
          .replace(/^layer(\d)/, (_, stage) => String(Number(stage) - 1 + first))
          .replace(/^conv1\./, `${stem[0]}.`)
          .replace(/^bn1\./, `${stem[1]}.`),
  );
