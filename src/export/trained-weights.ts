import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {disposeWeights, toHost, toDevice} from '../backbones/parameters.js';
import {readSafetensors} from '../backbones/readers/safetensors.js';
import {backboneShapes, featureWidth} from '../backbones/network.js';
import {ARCHS, STAGES, type BackboneSpec} from '../backbones/resnet-specs.js';
import {writeSafetensors} from '../backbones/weights/safetensors-writer.js';
import {defineError, FinetuneError, errorMessage} from '../core/errors.js';
import type {Preprocessing} from '../core/preprocessing.js';
import type {Classifier} from '../heads/classifier.js';
import {denseLayers, headShapes, type HeadSpec} from '../heads/head.js';
import {serializeWeightsMetadata} from './model-files.js';

/** A run has no trained network to export, or it cannot be read. */
export class TrainedWeightsError extends defineError(
  FinetuneError,
  'TRAINED_WEIGHTS_UNREADABLE',
  ({path}: {path: string}, {reason}: {reason: string}) =>
    `${path} is not the trained network of a finished training: ${reason}. Resume the run with --resume, or train again.`,
) {}

const weightsPath = (directory: string): string => join(directory, 'weights.safetensors');

/** Writes a classifier completely, so that it can be exported later. @param directory `checkpoints/best` */
export async function writeTrainedClassifier(
  classifier: Classifier,
  directory: string,
): Promise<void> {
  await mkdir(directory, {recursive: true});
  await writeSafetensors(weightsPath(directory), toHost(classifier.weights), {
    format: 'pt',
    ...serializeWeightsMetadata(classifier),
  });
}

function specOf({
  arch,
  stages,
  stride_on: strideOn,
  batch_norm_epsilon: epsilon,
}: Readonly<Record<string, string>>): BackboneSpec {
  if (!ARCHS.some(each => each === arch) || !STAGES.some(each => String(each) === stages))
    throw new Error('it does not say of which network it is');
  return {
    arch,
    lastStage: Number(stages),
    strideIn1x1: strideOn === '1x1',
    batchNormEpsilon: Number(epsilon),
  } as BackboneSpec;
}

/** Reads a classifier written by `writeTrainedClassifier`. The caller disposes it. @throws TrainedWeightsError */
export async function readTrainedClassifier(directory: string): Promise<Classifier> {
  const path = weightsPath(directory);
  try {
    const {tensors, metadata} = await readSafetensors(path);
    const header = metadata as Readonly<Record<string, string>>;
    const spec = specOf(header);
    const classNames = JSON.parse(header.classes!) as string[];
    const head = JSON.parse(header.head!) as HeadSpec;
    const layers = denseLayers(head, featureWidth(spec), classNames.length);
    for (const [name, shape] of [...backboneShapes(spec), ...headShapes(layers)]) {
      if (tensors.get(name)?.shape.join() !== shape.join())
        throw new Error(`${name} is missing or of another shape`);
    }
    const preprocessing = JSON.parse(header.preprocessing!) as Preprocessing;
    const weights = toDevice(tensors);
    return {
      spec,
      head,
      layers,
      preprocessing,
      classNames,
      weights,
      origin: header.origin!,
      dispose: () => disposeWeights(weights),
    };
  } catch (error) {
    throw new TrainedWeightsError({path}, {reason: errorMessage(error)});
  }
}
