import {isDeepStrictEqual} from 'node:util';
import {backboneShapes, featureWidth} from '../../backbones/network.js';
import {formatStrideOn} from '../../backbones/weights/weights-metadata.js';
import {sizeFromShape, type StateDict} from '../../core/state-dict.js';
import {denseLayers, headShapes, type DenseSpec} from '../../heads/head.js';
import {fromOpenSetRecord} from '../../training/open-set/open-set-record.js';
import {MODEL_FILES, SHARD_NAME} from './file-names.js';
import {specOf, type ModelRecord} from './model-record.js';

/** Allowance for data other than weights in a weights file: names and metadata. */
const SLACK_BYTES = 32_000_000;

/** Dense layers of the head. */
export const denseLayersOf = (record: ModelRecord): DenseSpec[] =>
  denseLayers(record.head, featureWidth(specOf(record)), record.classes.length);

/** Shapes by state-dict key, for backbone and head. */
const shapesOf = (record: ModelRecord): Map<string, readonly number[]> =>
  new Map([...backboneShapes(specOf(record)), ...headShapes(denseLayersOf(record))]);

/** @returns the first name that occurs twice */
function findRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find(name => seen.size === seen.add(name).size);
}

/** The open set has one value per feature of the last layer. */
function findOpenSetProblem(record: ModelRecord): string | undefined {
  if (record.openSet === undefined) return undefined;
  const width = denseLayersOf(record).at(-1)!.inputs;
  const {mean, precision} = fromOpenSetRecord(record.openSet);
  const isWhole = [mean, precision].every(
    vector => vector.length === width && vector.every(Number.isFinite),
  );
  return isWhole ? undefined : `an open set that is not of ${width} features`;
}

/**
 * Checks what the schema of `finetune.json` cannot express. File sizes are limited by the network before any file is opened, since a sparse
 * file may have any length.
 * @returns a message; undefined if there is no problem
 */
export function findRecordProblem(record: ModelRecord): string | undefined {
  const {classes, files, preprocessing} = record;
  const repeatedClass = findRepeated(classes);
  if (repeatedClass !== undefined)
    return `two classes ${JSON.stringify(repeatedClass).slice(0, 100)}`;
  const {resizeSize, cropSize} = preprocessing;
  if (cropSize > resizeSize || resizeSize > 4 * cropSize)
    return `a crop of ${cropSize} pixels out of ${resizeSize}`;
  const openSetProblem = findOpenSetProblem(record);
  if (openSetProblem !== undefined) return openSetProblem;
  const numbers = [...shapesOf(record).values()].reduce(
    (sum, shape) => sum + sizeFromShape(shape),
    0,
  );
  const limit = 4 * numbers + SLACK_BYTES;
  const shards = Object.keys(files).filter(name => SHARD_NAME.test(name));
  for (const names of [[MODEL_FILES.model], [MODEL_FILES.tensors], shards, Object.keys(files)]) {
    const bytes = names.reduce((sum, name) => sum + files[name]!.bytes, 0);
    if (bytes > (names.length === Object.keys(files).length ? 4 : 1) * limit)
      return `files of ${bytes} bytes for ${numbers} weights`;
  }
  return undefined;
}

const parsed = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
};

/**
 * Checks that the tensors match the record. Intact files may still be from different exports.
 * @param metadata header of `model.safetensors`, as written by `serializeWeightsMetadata`
 * @returns a message; undefined if there is no problem
 */
export function findTensorProblem(
  record: ModelRecord,
  tensors: StateDict,
  metadata: Readonly<Record<string, string>>,
): string | undefined {
  const {arch, lastStage, variant, preprocessing, head, classes} = record;
  const comparisons: Readonly<Record<string, readonly [expected: unknown, found: unknown]>> = {
    arch: [arch, metadata.arch],
    lastStage: [lastStage, Number(metadata.stages)],
    variant: [
      [formatStrideOn(variant), variant.batchNormEpsilon],
      [metadata.stride_on, Number(metadata.batch_norm_epsilon)],
    ],
    ...{
      preprocessing: [preprocessing, parsed(metadata.preprocessing)],
      head: [head, parsed(metadata.head)],
    },
    classes: [classes, parsed(metadata.classes)],
  };
  const shapes = shapesOf(record);
  for (const [name, shape] of shapes) {
    const found = tensors.get(name)?.shape;
    if (!isDeepStrictEqual(found, shape))
      return `${found === undefined ? 'no tensor' : `a tensor of ${found.join(' x ')}`} for ${name}, which takes ${shape.join(' x ')}`;
  }
  const unexpectedTensor = [...tensors.keys()].find(name => !shapes.has(name));
  if (unexpectedTensor !== undefined)
    return `a tensor ${JSON.stringify(unexpectedTensor).slice(0, 100)} that is not of the network`;
  const [other] =
    Object.entries(comparisons).find(
      ([, [expected, found]]) => !isDeepStrictEqual(found, expected),
    ) ?? [];
  return other === undefined ? undefined : `another "${other}" than finetune.json`;
}
