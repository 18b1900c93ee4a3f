import {join} from 'node:path';
import {toHost, type Backbone} from '../../backbones/parameters.js';
import type {PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import {lastTappedStage, tappedKeys, type TappedNetwork} from '../../backbones/taps.js';
import {writeSafetensors} from '../../backbones/weights/safetensors-writer.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {printableJson} from '../../core/text/printable.js';
import {PACKAGE_VERSION} from '../../core/version.js';
import {originName, serializeBackboneMetadata} from '../model-files.js';
import {hashFiles} from '../record/file-hashes.js';
import {writeLayersModel} from '../tfjs/layers-model-files.js';
import {toFeaturesModel} from './features-model.js';
import {FEATURES_FILES, type FeaturesRecord} from './features-record.js';

/** Metadata of exported features besides their weights. */
export interface FeaturesDetails {
  /** Published weights that the backbone started from. */
  readonly pretrained?: PretrainedWeights;
  /** Text of README.md. */
  readonly card: string;
}

/** Metadata in both weights files, so that either is enough to load them again (`--weights`). */
const weightsMetadata = (
  {spec, preprocessing, origin}: Backbone,
  network: TappedNetwork,
): Record<string, string> => ({
  ...serializeBackboneMetadata({
    spec: {...spec, lastStage: lastTappedStage(network)},
    preprocessing,
    origin,
  }),
  features: JSON.stringify(network.taps),
});

async function writeModel(
  backbone: Backbone,
  network: TappedNetwork,
  directory: string,
): Promise<string[]> {
  const model = toFeaturesModel(backbone, network);
  try {
    model.setUserDefinedMetadata(weightsMetadata(backbone, network));
    return await writeLayersModel(model, directory);
  } finally {
    model.dispose();
  }
}

async function writeTensors(
  backbone: Backbone,
  network: TappedNetwork,
  directory: string,
): Promise<void> {
  const keys = new Set(tappedKeys(backbone.spec, network));
  const tensors = toHost(backbone.weights, name => keys.has(name));
  // `format` tells other tools whose tensor layout is used.
  const metadata = {format: 'pt', ...weightsMetadata(backbone, network)};
  await writeSafetensors(join(directory, FEATURES_FILES.tensors), tensors, metadata);
}

/** Writes every file of exported features, without verifying them. */
export async function writeFeaturesFiles(
  backbone: Backbone,
  network: TappedNetwork,
  directory: string,
  {pretrained, card}: FeaturesDetails,
): Promise<FeaturesRecord> {
  const {spec, preprocessing, origin} = backbone;
  const modelFiles = await writeModel(backbone, network, directory);
  await writeTensors(backbone, network, directory);
  const record: FeaturesRecord = {
    schemaVersion: 1,
    createdBy: `finetune ${PACKAGE_VERSION}`,
    createdAt: new Date().toISOString(),
    arch: spec.arch,
    lastStage: lastTappedStage(network),
    variant: {strideIn1x1: spec.strideIn1x1, batchNormEpsilon: spec.batchNormEpsilon},
    features: network.taps,
    input: {shape: [null, null, null, 3], pixels: {order: 'RGB', range: [0, 255]}},
    preprocessing,
    weights: {origin: originName(origin), ...(pretrained !== undefined && {card: pretrained})},
    ...(await hashFiles(directory, modelFiles, [FEATURES_FILES.tensors])),
  };
  await writeFileAtomic(join(directory, FEATURES_FILES.card), card);
  await writeFileAtomic(join(directory, FEATURES_FILES.record), `${printableJson(record)}\n`);
  return record;
}
