import {stageCount} from '../../backbones/resnet-specs.js';
import type {PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import {modelDirectory} from '../../export/record/model-directory.js';
import {readModelRecord} from '../../export/record/read-model-record.js';
import {readTensors, toClassifier} from '../../export/stored-network.js';
import {attachHead, type Classifier} from '../../heads/classifier.js';
import type {Pooling} from '../../heads/head.js';
import {openBackbone, type BackboneOptions} from '../preparation/open-backbone.js';
import type {RunContext} from '../run/run-context.js';

/** A run or an exported model, or weights by themselves. */
export type NetworkSource =
  {readonly model: string} | (BackboneOptions & {readonly pooling?: Pooling});

/** A network on the device. Its head is new where it was opened from weights. */
export interface OpenNetwork {
  readonly classifier: Classifier;
  /** Published weights that the backbone started from. */
  readonly pretrained?: PretrainedWeights;
}

async function openModel(location: string): Promise<OpenNetwork> {
  const directory = modelDirectory(location) ?? location;
  const record = await readModelRecord(directory);
  const classifier = toClassifier(record, await readTensors(directory, record));
  const {card} = record.weights;
  return {classifier, ...(card !== undefined && {pretrained: card})};
}

/**
 * Opens the network of an exported model, or a backbone from weights, which are downloaded if needed. Start a backend first. The caller
 * disposes the classifier.
 * @throws InvalidModelError; all errors of weights
 */
export async function openNetwork(source: NetworkSource, run: RunContext): Promise<OpenNetwork> {
  if ('model' in source) return run.time('weights', () => openModel(source.model));
  const lastStage = Math.min(source.lastStage, stageCount(source.arch)) as typeof source.lastStage;
  const {backbone, ...others} = await openBackbone({...source, lastStage}, run);
  const head = {type: 'linear', pooling: source.pooling ?? 'avg', dropout: 0} as const;
  return {classifier: attachHead(backbone, head, ['features'], source.seed), ...others};
}
