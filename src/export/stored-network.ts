import {join} from 'node:path';
import {disposeWeights, toDevice} from '../backbones/parameters.js';
import {readSafetensorsFile} from '../backbones/readers/safetensors.js';
import {featureWidth} from '../backbones/network.js';
import {checkFiniteValues} from '../backbones/weights/weights-values.js';
import type {StateDict} from '../core/state-dict.js';
import type {Classifier} from '../heads/classifier.js';
import {denseLayers} from '../heads/head.js';
import {toInference, type InferenceModel} from '../heads/inference-model.js';
import {InvalidModelError} from './record/invalid-model-error.js';
import {MODEL_FILES} from './record/file-names.js';
import {specOf, type ModelRecord} from './record/model-record.js';
import {OpenSetScorer} from '../training/open-set/open-set.js';
import {fromOpenSetRecord} from '../training/open-set/open-set-record.js';
import {denseLayersOf, findTensorProblem} from './record/record-problems.js';

/**
 * Reads the tensors of an exported model.
 * @throws InvalidModelError if they do not match the record; WeightsFileError for values that training cannot produce
 */
export async function readTensors(directory: string, record: ModelRecord): Promise<StateDict> {
  const path = join(directory, MODEL_FILES.tensors);
  const {tensors, metadata} = await readSafetensorsFile(path);
  const problem = findTensorProblem(record, tensors, metadata);
  if (problem !== undefined) {
    throw new InvalidModelError(
      {path},
      `${path} is not of one export with finetune.json: ${problem}. Export the model again.`,
    );
  }
  for (const [name, {data}] of tensors) checkFiniteValues(path, name, name, data);
  return tensors;
}

/** Uploads an exported model to the device, with its batch norms as they were trained. The caller disposes it. */
export function toClassifier(record: ModelRecord, tensors: StateDict): Classifier {
  const {head, classes: classNames, preprocessing} = record;
  const spec = specOf(record);
  const weights = toDevice(tensors);
  return {
    spec,
    head,
    layers: denseLayers(head, featureWidth(spec), classNames.length),
    preprocessing,
    classNames,
    weights,
    origin: record.weights.origin,
    dispose: () => disposeWeights(weights),
  };
}

/** Builds the network of an exported model on the device. */
export function buildInferenceModel(record: ModelRecord, tensors: StateDict): InferenceModel {
  const classifier = toClassifier(record, tensors);
  try {
    return toInference(classifier);
  } finally {
    classifier.dispose();
  }
}

/** Creates what detects images of none of the classes; undefined if the export has none. */
export function openSetScorer(record: ModelRecord, tensors: StateDict): OpenSetScorer | undefined {
  if (record.openSet === undefined) return undefined;
  const {name, outputs} = denseLayersOf(record).at(-1)!;
  const weight = Float32Array.from(tensors.get(`${name}.weight`)!.data);
  return new OpenSetScorer(fromOpenSetRecord(record.openSet), {weight, classes: outputs});
}
