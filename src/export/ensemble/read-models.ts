import {basename, dirname, join, resolve} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {validate} from '../../core/schema.js';
import {checkFile} from '../record/file-hashes.js';
import {ENSEMBLE_FILES, MODEL_FILES} from '../record/file-names.js';
import {isEnsemble} from '../record/model-directory.js';
import type {ModelMetrics, ModelRecord} from '../record/model-record.js';
import {
  assertConsistent,
  checkVersion,
  readDocument,
  readModelRecord,
} from '../record/read-model-record.js';
import {ensembleRecordSchema, type EnsembleRecord, type MemberRecord} from './ensemble-record.js';
import {findClassOrder} from './class-order.js';
import type {Vote} from './vote.js';

/** An exported model on disk, alone or as a member of an ensemble. */
export interface StoredMember {
  readonly name: string;
  readonly directory: string;
  readonly record: ModelRecord;
}

/** What `loadModel` makes one model of: an exported model, an exported ensemble, or several of them. */
export interface StoredModel {
  /** Class names; the index is the label. A member may have them in another order. */
  readonly classNames: readonly string[];
  readonly members: readonly [StoredMember, ...StoredMember[]];
  /** How an exported ensemble combines its members. */
  readonly vote?: Vote;
  readonly metrics: ModelMetrics;
}

function findRecordProblem({members}: EnsembleRecord): string | undefined {
  const names = members.map(({name}) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  return repeated === undefined ? undefined : `two members ${repeated}`;
}

/** @throws InvalidModelError if a file of the member is missing or has changed, or it has other classes than the ensemble */
async function readEnsembleMember(
  ensemble: string,
  {classes}: EnsembleRecord,
  {name, record: file}: MemberRecord,
): Promise<StoredMember> {
  const directory = join(ensemble, ENSEMBLE_FILES.members, name);
  const path = join(directory, MODEL_FILES.record);
  await checkFile(path, file);
  const record = await readModelRecord(directory);
  assertConsistent(path, () =>
    isDeepStrictEqual(record.classes.toSorted(), classes.toSorted()) ? undefined : 'other classes',
  );
  return {name, directory, record};
}

/**
 * Reads the record of an exported ensemble and checks that the ensemble is complete: every file that a member uses for inference must exist
 * and be unchanged, and the members must have the classes of the ensemble.
 */
async function readEnsemble(directory: string): Promise<StoredModel> {
  const path = join(directory, ENSEMBLE_FILES.record);
  const document = await readDocument(path);
  checkVersion(directory, document);
  assertConsistent(path, () =>
    findRecordProblem(validate<EnsembleRecord>(ensembleRecordSchema, document, path, 'first')),
  );
  const record = document as EnsembleRecord;
  const [firstRecord, ...others] = record.members;
  const first = await readEnsembleMember(directory, record, firstRecord);
  const members: [StoredMember, ...StoredMember[]] = [first];
  for (const member of others) members.push(await readEnsembleMember(directory, record, member));
  const {classes: classNames, vote, metrics = {}} = record;
  return {classNames, members, vote, metrics};
}

/** Name of a model in an ensemble: that of its run or of its directory, in characters that any file system and URL accepts. */
function nameOf(directory: string): string {
  const path = resolve(directory);
  const name = basename(basename(path) === 'model' ? dirname(path) : path);
  return name.replace(/[^\w.-]+/g, '-').replace(/^\.+/, '') || 'model';
}

/** @throws InvalidModelError */
async function readStoredModel(directory: string): Promise<StoredModel> {
  if (isEnsemble(directory)) return readEnsemble(directory);
  const record = await readModelRecord(directory);
  const {classes: classNames, metrics = {}} = record;
  return {classNames, members: [{name: nameOf(directory), directory, record}], metrics};
}

/** Makes names unique: of `a`, `b` and `a`, the last becomes `a-2`. */
export function uniqueNames(names: readonly string[]): string[] {
  const unique: string[] = [];
  for (const name of names) {
    let candidate = name;
    for (let number = 2; unique.includes(candidate); number++) candidate = `${name}-${number}`;
    unique.push(candidate);
  }
  return unique;
}

/**
 * Reads the records of exported models and of ensembles, which count as all their members.
 * @param directories one exported model or ensemble, or several that become one ensemble
 * @throws InvalidModelError; ClassesDifferError
 */
export async function readModels(
  directories: readonly [string, ...string[]],
): Promise<StoredModel> {
  const [firstDirectory, ...otherDirectories] = directories;
  const first = await readStoredModel(firstDirectory);
  if (otherDirectories.length === 0) return first;
  const {classNames} = first;
  const others: StoredMember[] = [];
  for (const directory of otherDirectories) {
    const stored = await readStoredModel(directory);
    findClassOrder(
      {name: firstDirectory, classNames},
      {name: directory, classNames: stored.classNames},
    );
    others.push(...stored.members);
  }
  const [firstMember, ...rest] = [...first.members, ...others];
  const names = uniqueNames([firstMember!, ...rest].map(({name}) => name));
  const renamed = rest.map((member, i) => ({...member, name: names[i + 1]!}));
  return {classNames, members: [{...firstMember!, name: names[0]!}, ...renamed], metrics: {}};
}
