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
import {checkWebPage} from './web/web-page.js';
import {writeModelFiles, type ModelDetails} from './write-model.js';

/**
 * Options of `exportModel`.
 *
 * @example
 * const options: ExportModelOptions = {modelCard: '# Pets'};
 * await exportModel(classifier, './model', options);
 */
export interface ExportModelOptions extends ModelDetails {
  /** Images to verify the exported model on, ideally validation images. Default: noise. */
  readonly verificationImages?: PixelBatches;
  /** Called with the directory of the exported model when all files are written and before verification. */
  readonly onWritten?: (directory: string) => void;
  /** Abort signal. A failure after it has fired is not reported as a defect of the exported model. */
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
  openSet: OBJECT,
  recipe: ANY,
  modelCard: STRING,
  verificationImages: ANY,
  onWritten: CALLBACK,
  signal: ABORT_SIGNAL,
};

/**
 * An exported model that was written, loaded again and verified against the classifier.
 *
 * @example
 * const {directory}: ExportModelResult = await exportModel(classifier, './model');
 */
export interface ExportModelResult {
  /** Absolute path. */
  readonly directory: string;
  readonly record: ModelRecord;
  readonly verification: VerificationResult;
}

/** The exported model was written, but verification failed. It is kept under a name that says so. */
export class UnverifiedModelError extends defineError(
  FinetuneError,
  'MODEL_UNVERIFIED',
  ({
    unverified,
    cause,
  }: {
    /** Directory that it is kept in. */
    unverified: string;
    cause: unknown;
  }) => `The exported model was not verified, and is kept as ${unverified}: ${errorMessage(cause)}`,
) {}

/**
 * Exports a classifier: a tfjs LayersModel for browsers and Node, the same weights for PyTorch, and all metadata needed to use them. The
 * export is written next to its target, loaded again, compared with the classifier, and only then moved into place.
 * @throws ArgumentError (exit 2) if an argument has the wrong type, or the classifier is disposed
 * @throws OutputExistsError (exit 2) if the directory holds something other than an exported model
 * @throws UnverifiedModelError (exit 1) if the export computes different results or cannot be loaded; it is kept in
 * `<directory>.unverified`
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
    const verification = await verify(classifier, unverified, record, options);
    await replaceDirectory(unverified, target);
    return {directory: target, record, verification};
  } finally {
    await rm(fresh, {recursive: true, force: true}).catch(() => undefined);
  }
}

async function verify(
  classifier: Classifier,
  directory: string,
  {web = {}}: ModelRecord,
  {verificationImages, signal}: ExportModelOptions,
): Promise<VerificationResult> {
  try {
    await checkWebPage(directory, web);
    return await verifyModel(classifier, directory, verificationImages ?? noiseImages(classifier));
  } catch (error) {
    throw signal?.aborted === true
      ? error
      : new UnverifiedModelError({unverified: directory, cause: error});
  }
}
