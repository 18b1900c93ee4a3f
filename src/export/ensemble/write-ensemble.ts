import {constants} from 'node:fs';
import {cp} from 'node:fs/promises';
import {basename, join, resolve} from 'node:path';
import {throwIfAborted} from '../../core/errors.js';
import {sha256} from '../../core/files/sha256.js';
import {PACKAGE_VERSION} from '../../core/version.js';
import {isModelFile} from '../formats/exporters.js';
import {hashFile} from '../record/file-hashes.js';
import {ENSEMBLE_FILES, MODEL_FILES} from '../record/file-names.js';
import {SCHEMA_VERSION, type ModelMetrics} from '../record/model-record.js';
import {assertWebFiles} from '../record/read-model-record.js';
import {writeEnsembleFiles} from './ensemble-files.js';
import type {EnsembleRecord, MemberRecord} from './ensemble-record.js';
import type {StoredMember, StoredModel} from './read-models.js';
import type {Vote} from './vote.js';

/** Metadata of an exported ensemble. */
export interface EnsembleDetails {
  /** How the members are combined. Default: as the given ensemble does it, else `mean`. */
  readonly vote?: Vote;
  /** Metrics of the ensemble, measured before the export. */
  readonly metrics?: ModelMetrics;
  /** Text of the ensemble's README.md. */
  readonly readme?: string;
}

/** Copies the files that an exported model consists of; shares their blocks where the file system can. Files that users added are not copied. */
async function copyMember(
  {name, directory, record}: StoredMember,
  members: string,
): Promise<MemberRecord> {
  assertWebFiles(directory, record);
  const target = join(members, name);
  await cp(directory, target, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: path => resolve(path) === resolve(directory) || isModelFile(basename(path)),
  });
  return {name, arch: record.arch, record: await hashFile(join(target, MODEL_FILES.record))};
}

/** Writes every file of an exported ensemble. @throws AbortedError between members; InvalidModelError for one without files for web pages */
export async function writeEnsemble(
  {classNames, members, vote: storedVote}: StoredModel,
  directory: string,
  {
    vote = storedVote ?? 'mean',
    metrics,
    readme,
    web,
  }: EnsembleDetails & Pick<EnsembleRecord, 'web'>,
  signal?: AbortSignal,
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
    ...(web !== undefined && {web}),
    contentHash: sha256(vote, ...members.map(member => `\n${member.record.contentHash}`)),
  };
  await writeEnsembleFiles(directory, record, readme);
  return record;
}
