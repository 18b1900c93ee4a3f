import {mkdir, rename, rm} from 'node:fs/promises';
import {resolve} from 'node:path';
import {
  ANY,
  CALLBACK,
  checkArgument,
  checkOptions,
  PATH,
  OBJECT,
  ABORT_SIGNAL,
  STRING,
  type ArgumentKind,
  type OptionKinds,
} from '../core/arguments.js';
import {defineError, FinetuneError, errorMessage} from '../core/errors.js';
import {temporaryPath} from '../core/files/atomic-write.js';
import type {Classifier} from '../heads/classifier.js';
import {assertReplaceable, replaceDirectory, recoverDirectory} from './replace-directory.js';
import type {ModelRecord} from './record/model-record.js';
import {
  noiseImages,
  verifyModel,
  type VerificationResult,
  type PixelBatches,
} from './verify-model.js';
import {writeModelFiles, type ModelDetails} from './write-model.js';

/**
 * What is known of a classifier beyond its weights.
 *
 * @example
 * const options: ExportModelOptions = {modelCard: '# Pets'};
 * await exportModel(classifier, './model', options);
 */
export interface ExportModelOptions extends ModelDetails {
  /** Images that the exported model is proven on, validation images at best; noise unless given. */
  readonly verificationImages?: PixelBatches;
  /** Told where the exported model lies when all of it is written, before it is proven. */
  readonly onWritten?: (directory: string) => void;
  /** What fails once it has fired is no defect of the exported model. */
  readonly signal?: AbortSignal;
}

const CLASSIFIER: ArgumentKind = {
  expected: 'a classifier in use, as finetune() returns it',
  accepts: value => {
    const {spec, head, preprocessing, classNames, weights} = Object(value) as Partial<Classifier>;
    const isWhole =
      [spec, head, preprocessing].every(part => part !== undefined) &&
      Array.isArray(classNames) &&
      weights instanceof Map;
    return (
      isWhole &&
      weights.size > 0 &&
      [...weights.values()].every(weight => Object(weight).isDisposed === false)
    );
  },
};

const OPTION_KINDS: OptionKinds<ExportModelOptions> = {
  pretrained: OBJECT,
  metrics: OBJECT,
  recipe: ANY,
  modelCard: STRING,
  verificationImages: ANY,
  onWritten: CALLBACK,
  signal: ABORT_SIGNAL,
};

/**
 * An exported model that was written, loaded back, and found to compute what the classifier computes.
 *
 * @example
 * const {directory}: ExportModelResult = await exportModel(classifier, './model');
 */
export interface ExportModelResult {
  /** Absolute. */
  readonly directory: string;
  readonly record: ModelRecord;
  readonly verification: VerificationResult;
}

/** An exported model that was written, but not found to compute what the classifier computes. It stays, under a name that says so. */
export class UnverifiedModelError extends defineError(
  FinetuneError,
  'MODEL_UNVERIFIED',
  ({
    unverified,
    cause,
  }: {
    /** Where it lies. */
    unverified: string;
    cause: unknown;
  }) => `The exported model was not verified, and is kept as ${unverified}: ${errorMessage(cause)}`,
) {}

/**
 * Exports a classifier: a tfjs LayersModel for browsers and Node, the same weights for PyTorch, and everything that must be known to use
 * them. Written next to its place, loaded back, compared with the classifier, and only then moved into place.
 * @throws ArgumentError (exit 2) when an argument is something else than its type says, or the classifier is disposed
 * @throws OutputExistsError (exit 2) when something else than an older exported model lies there
 * @throws UnverifiedModelError (exit 1) when the export computes something else, or cannot be loaded: it is in `<directory>.unverified`
 *
 * @example
 * import {exportModel, finetune, loadImageFolder, resolveRecipe} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets');
 * const {classifier} = await finetune(pets, resolveRecipe({}, pets));
 * const {directory} = await exportModel(classifier, './model');
 */
export async function exportModel(
  classifier: Classifier,
  directory: string,
  options: ExportModelOptions = {},
): Promise<ExportModelResult> {
  checkArgument('exportModel()', 'classifier', classifier, CLASSIFIER);
  checkArgument('exportModel()', 'directory', directory, {
    ...PATH,
    expected: 'the path of a directory',
  });
  checkOptions('exportModel()', options, OPTION_KINDS, 'details');
  const target = resolve(directory);
  const unverified = `${target}.unverified`;
  await recoverDirectory(target);
  await assertReplaceable(target);
  await assertReplaceable(unverified);
  const fresh = temporaryPath(target);
  try {
    await mkdir(fresh, {recursive: true});
    const record = await writeModelFiles(classifier, fresh, options);
    await rm(unverified, {recursive: true, force: true});
    await rename(fresh, unverified);
    options.onWritten?.(unverified);
    const verification = await verify(classifier, unverified, options);
    await replaceDirectory(unverified, target);
    return {directory: target, record, verification};
  } finally {
    await rm(fresh, {recursive: true, force: true}).catch(() => undefined);
  }
}

async function verify(
  classifier: Classifier,
  directory: string,
  {verificationImages, signal}: ExportModelOptions,
): Promise<VerificationResult> {
  try {
    return await verifyModel(classifier, directory, verificationImages ?? noiseImages(classifier));
  } catch (error) {
    throw signal?.aborted === true
      ? error
      : new UnverifiedModelError({unverified: directory, cause: error});
  }
}
