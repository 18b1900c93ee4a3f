import {mkdir, rename, rm} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import type {WeightsCard} from '../backbones/cards.js';
import {download} from '../backbones/device-weights.js';
import {writeSafetensors} from '../backbones/safetensors-writer.js';
import {ANYTHING, CALLBACK, checkArgument, checkOptions, PATH, RECORD, SIGNAL, TEXT, type Kind, type Kinds} from '../core/arguments.js';
import {FinetuneError, messageOf} from '../core/errors.js';
import {printableJson} from '../core/printable.js';
import {VERSION} from '../core/version.js';
import {besideOf, writeWhole} from '../core/write-file.js';
import type {Classifier} from '../heads/classifier.js';
import {assertReplaceable, moveIntoPlace, recoverPlace} from './bundle-place.js';
import {BUNDLE_FILES, SCHEMA_VERSION, type BundleMetrics, type BundleRecord} from './bundle-record.js';
import {labelsText, metadataDocument, originName, plainReadme, weightsMetadata} from './bundle-texts.js';
import {describeFiles} from './file-hashes.js';
import {writeLayersModel} from './layers-model-files.js';
import {toLayersModel} from './layers-model.js';
import {noise, verifyBundle, type BundleProof, type PictureBatches} from './verify-bundle.js';

/** What is known of a classifier beyond its weights. */
export interface BundleDetails {
  /** Of the published weights that the backbone started from. */
  readonly weightsCard?: WeightsCard;
  readonly metrics?: BundleMetrics;
  /** Every value in force in the run. */
  readonly recipe?: unknown;
  /** Text of the bundle's README.md. */
  readonly modelCard?: string;
  /** Pictures that the bundle is proven on, validation images at best; noise unless given. */
  readonly pictures?: PictureBatches;
  /** Told where the bundle lies when all of it is written, before it is proven. */
  readonly onWritten?: (directory: string) => void;
  /** What fails once it has fired is no fault of the bundle. */
  readonly signal?: AbortSignal;
}

const CLASSIFIER: Kind = {
  expected: 'a classifier in use, as finetune() returns it',
  accepts: value => {
    const {spec, head, preprocessing, classNames, weights} = Object(value) as Partial<Classifier>;
    const isWhole = [spec, head, preprocessing].every(part => part !== undefined) && Array.isArray(classNames) && weights instanceof Map;
    return isWhole && weights.size > 0 && [...weights.values()].every(weight => Object(weight).isDisposed === false);
  },
};

const DETAILS: Kinds<BundleDetails> = {
  weightsCard: RECORD,
  metrics: RECORD,
  recipe: ANYTHING,
  modelCard: TEXT,
  pictures: ANYTHING,
  onWritten: CALLBACK,
  signal: SIGNAL,
};

/** A bundle that was written, loaded back, and found to compute what the classifier computes. */
export interface SavedBundle {
  /** Absolute. */
  readonly directory: string;
  readonly record: BundleRecord;
  readonly proof: BundleProof;
}

/** @returns the names of model.json and its shards, in order */
async function writeWeights(classifier: Classifier, directory: string): Promise<string[]> {
  const metadata = weightsMetadata(classifier);
  // By `format` other tools know whose layout the tensors have.
  await writeSafetensors(join(directory, BUNDLE_FILES.tensors), download(classifier.weights), {format: 'pt', ...metadata});
  const model = toLayersModel(classifier);
  try {
    model.setUserDefinedMetadata(metadata);
    return await writeLayersModel(model, directory);
  } finally {
    model.dispose();
  }
}

async function recordOf(classifier: Classifier, directory: string, details: BundleDetails): Promise<BundleRecord> {
  const {spec, head, preprocessing, classNames, origin} = classifier;
  const {weightsCard, metrics, recipe} = details;
  const modelFiles = await writeWeights(classifier, directory);
  return {
    schemaVersion: SCHEMA_VERSION,
    createdBy: `finetune ${VERSION}`,
    createdAt: new Date().toISOString(),
    arch: spec.arch,
    lastStage: spec.lastStage,
    family: {strideOn: spec.strideOn, batchNormEpsilon: spec.batchNormEpsilon},
    preprocessing,
    classes: classNames,
    head,
    weights: {origin: originName(origin), ...(weightsCard !== undefined && {card: weightsCard})},
    ...(metrics !== undefined && {metrics}),
    ...(recipe !== undefined && {recipe}),
    ...(await describeFiles(directory, modelFiles, [BUNDLE_FILES.tensors])),
  };
}

/** Writes every file of a bundle. It is not proven yet. */
async function writeBundle(classifier: Classifier, directory: string, details: BundleDetails): Promise<BundleRecord> {
  const record = await recordOf(classifier, directory, details);
  const write = (name: string, text: string): Promise<void> => writeWhole(join(directory, name), text);
  const json = (document: object): string => `${printableJson(document)}\n`;
  await write(BUNDLE_FILES.labels, labelsText(record.classes));
  await write(BUNDLE_FILES.metadata, json(metadataDocument(record)));
  await write(BUNDLE_FILES.card, details.modelCard ?? plainReadme(record));
  await write(BUNDLE_FILES.record, json(record));
  return record;
}

/** A bundle that was written, but not found to compute what the classifier computes. It stays, under a name that says so. */
export class UnverifiedBundleError extends FinetuneError {
  override readonly name = 'UnverifiedBundleError';
  override readonly code = 'BUNDLE_UNVERIFIED';

  /** @param unverified where it lies */
  constructor(
    readonly unverified: string,
    override readonly cause: unknown,
  ) {
    super(`The exported model was not verified, and is kept as ${unverified}: ${messageOf(cause)}`);
  }
}

/**
 * Exports a classifier: a tfjs LayersModel for browsers and Node, the same weights for PyTorch, and everything that must be known to use
 * them. Written beside its place, loaded back, compared with the classifier, and only then moved into place.
 * @throws ArgumentError (exit 2) when an argument is something else than its type says, or the classifier is disposed
 * @throws BundlePlaceError (exit 2) when something else than an older bundle lies there
 * @throws UnverifiedBundleError (exit 1) when the export computes something else, or cannot be loaded: it is in `<directory>.unverified`
 */
export async function saveBundle(classifier: Classifier, directory: string, details: BundleDetails = {}): Promise<SavedBundle> {
  checkArgument('saveBundle()', 'classifier', classifier, CLASSIFIER);
  checkArgument('saveBundle()', 'directory', directory, {...PATH, expected: 'the path of a directory'});
  checkOptions('saveBundle()', details, DETAILS, 'details');
  const place = resolve(directory);
  const unverified = `${place}.unverified`;
  await recoverPlace(place);
  await assertReplaceable(place);
  await assertReplaceable(unverified);
  const fresh = besideOf(place);
  try {
    await mkdir(fresh, {recursive: true});
    const record = await writeBundle(classifier, fresh, details);
    await rm(unverified, {recursive: true, force: true});
    await rename(fresh, unverified);
    details.onWritten?.(unverified);
    const proof = await proofOf(classifier, unverified, details);
    await moveIntoPlace(unverified, place);
    return {directory: place, record, proof};
  } finally {
    await rm(fresh, {recursive: true, force: true}).catch(() => undefined);
  }
}

async function proofOf(classifier: Classifier, directory: string, {pictures, signal}: BundleDetails): Promise<BundleProof> {
  try {
    return await verifyBundle(classifier, directory, pictures ?? noise(classifier));
  } catch (error) {
    throw signal?.aborted === true ? error : new UnverifiedBundleError(directory, error);
  }
}
