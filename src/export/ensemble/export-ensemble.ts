import {constants} from 'node:fs';
import {cp, mkdir, rm} from 'node:fs/promises';
import {basename, join, resolve} from 'node:path';
import {
  ABORT_SIGNAL,
  checkArgument,
  checkOptions,
  OBJECT,
  oneOf,
  PATH,
  STRING,
  type OptionKinds,
} from '../../core/arguments.js';
import {throwIfAborted} from '../../core/errors.js';
import {temporaryPath} from '../../core/files/atomic-write.js';
import {sha256} from '../../core/files/sha256.js';
import {PACKAGE_VERSION} from '../../core/version.js';
import {isModelFile} from '../formats/exporters.js';
import {hashFile} from '../record/file-hashes.js';
import {ENSEMBLE_FILES, MODEL_FILES} from '../record/file-names.js';
import {resolveDirectories, type ModelLocation} from '../record/model-directory.js';
import {SCHEMA_VERSION, type ModelMetrics} from '../record/model-record.js';
import {assertReplaceable, recoverDirectory, replaceDirectory} from '../replace-directory.js';
import {writeEnsembleFiles} from './ensemble-files.js';
import type {EnsembleRecord, MemberRecord} from './ensemble-record.js';
import {readModels, type StoredMember, type StoredModel} from './read-models.js';
import {VOTES, type Vote} from './vote.js';

/**
 * Options of `exportEnsemble`.
 *
 * @example
 * await exportEnsemble(['./runs/a', './runs/b'], './ensemble', {vote: 'logits'});
 */
export interface ExportEnsembleOptions {
  /** How the members are combined. Default: as the given ensemble does it, else `mean`. */
  readonly vote?: Vote;
  /** Metrics of the ensemble, measured before the export. */
  readonly metrics?: ModelMetrics;
  /** Text of the ensemble's README.md. */
  readonly readme?: string;
  readonly signal?: AbortSignal;
}

/**
 * An exported ensemble.
 *
 * @example
 * const {directory}: ExportEnsembleResult = await exportEnsemble(['./runs/a', './runs/b'], './ensemble');
 */
export interface ExportEnsembleResult {
  /** Absolute path. */
  readonly directory: string;
  readonly record: EnsembleRecord;
}

const OPTIONS: OptionKinds<ExportEnsembleOptions> = {
  vote: oneOf(...VOTES),
  metrics: OBJECT,
  readme: STRING,
  signal: ABORT_SIGNAL,
};

/** Copies the files that an exported model consists of; shares their blocks where the file system can. Files that users added are not copied. */
async function copyMember(
  {name, directory, record}: StoredMember,
  members: string,
): Promise<MemberRecord> {
  const target = join(members, name);
  await cp(directory, target, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: path => resolve(path) === resolve(directory) || isModelFile(basename(path)),
  });
  return {name, arch: record.arch, record: await hashFile(join(target, MODEL_FILES.record))};
}

async function writeEnsemble(
  {classNames, members, vote: storedVote}: StoredModel,
  directory: string,
  {vote = storedVote ?? 'mean', metrics, readme, signal}: ExportEnsembleOptions,
): Promise<EnsembleRecord> {
  const memberRecords: MemberRecord[] = [];
  for (const member of members) {
    throwIfAborted(signal);
    memberRecords.push(await copyMember(member, join(directory, ENSEMBLE_FILES.members)));
  }
  const [first, ...others] = memberRecords;
  const record: EnsembleRecord = {
    schemaVersion: SCHEMA_VERSION,
    createdBy: `finetune ${PACKAGE_VERSION}`,
    createdAt: new Date().toISOString(),
    vote,
    classes: classNames,
    members: [first!, ...others],
    ...(metrics !== undefined && {metrics}),
    contentHash: sha256(vote, ...members.map(member => `\n${member.record.contentHash}`)),
  };
  await writeEnsembleFiles(directory, record, readme);
  return record;
}

/**
 * Exports models of the same classes as one ensemble: a folder with a copy of each, a record of how they are combined, and a web page.
 * `loadModel`, the command line and the page load it as one model. The copy is read back and its hashes are checked before it is moved into
 * place.
 * @param locations runs, exported models or ensembles, which count as all their members
 * @throws InvalidModelError for a model that is damaged; ClassesDifferError (exit 2) for models of different classes
 * @throws OutputExistsError (exit 2) if the directory holds something other than an exported model
 * @throws ArgumentError (exit 2); AbortedError
 *
 * @example
 * import {exportEnsemble, loadModel} from 'finetune';
 *
 * const {directory} = await exportEnsemble(['./runs/a', './runs/b'], './ensemble');
 * const model = await loadModel(directory);
 */
export async function exportEnsemble(
  locations: readonly ModelLocation[],
  directory: string,
  options: ExportEnsembleOptions = {},
): Promise<ExportEnsembleResult> {
  checkArgument('exportEnsemble()', 'locations', locations, {
    expected: 'a list of directories',
    accepts: value => Array.isArray(value),
  });
  const sources = resolveDirectories('exportEnsemble()', locations);
  checkArgument('exportEnsemble()', 'directory', directory, {
    ...PATH,
    expected: 'the path of a directory',
  });
  checkOptions('exportEnsemble()', options, OPTIONS);
  const stored = await readModels(sources);
  const target = resolve(directory);
  await recoverDirectory(target);
  await assertReplaceable(target);
  const fresh = temporaryPath(target);
  try {
    await mkdir(fresh, {recursive: true});
    const record = await writeEnsemble(stored, fresh, options);
    await readModels([fresh]);
    await replaceDirectory(fresh, target);
    return {directory: target, record};
  } finally {
    await rm(fresh, {recursive: true, force: true}).catch(() => undefined);
  }
}
