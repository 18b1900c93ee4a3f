import {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {proveContents} from './contents.js';
import type {Work} from './contents.js';
import {everySample} from './image-folder.js';
import type {ImageFolder, Sample} from './image-folder.js';
import {assertClassesReadable, sortOut, unreadableFindings} from './readability.js';
import {splitFolder} from './split.js';

/** What a look at every image tells. */
export interface CheckReport {
  /** The folder's own findings, then one for every image that cannot be read, then those of a split. */
  readonly findings: readonly Finding[];
  readonly readable: readonly Sample[];
  /** Why a run would refuse this folder; undefined where it would not. */
  readonly refusal: DatasetError | undefined;
}

/** Decodes every image of a folder and splits it, as a run would, and keeps nothing. @throws AbortedError */
export async function checkImages(folder: ImageFolder, work: Work = {}): Promise<CheckReport> {
  const samples = everySample(folder);
  const {hashes, faults} = await proveContents(samples, work);
  const {readable, broken} = sortOut(samples, ({name}) => faults.get(name));
  const findings = [...folder.findings, ...unreadableFindings(broken, folder.classNames)];
  try {
    assertClassesReadable(readable, broken, folder.classNames);
    const split = splitFolder(folder, {samples: readable, contentHash: ({name}) => hashes.get(name)!}, {seed: 0});
    return {findings: [...findings, ...split.findings], readable, refusal: undefined};
  } catch (error) {
    if (error instanceof DatasetError) return {findings, readable, refusal: error};
    throw error;
  }
}
