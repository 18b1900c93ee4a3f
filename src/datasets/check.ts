import {readFile} from 'node:fs/promises';
import {messageOf} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {TORCHVISION_PREPROCESSING} from '../core/preprocessing.js';
import {concurrently} from './concurrently.js';
import {decodeBytes} from './decode.js';
import type {ImageFolder} from './image-folder.js';
import {everySample} from './split.js';

export interface CheckOptions {
  /** Images decoded at a time. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a look at every image tells; nothing is kept. */
export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly checked: number;
}

/** Decodes every image of a folder to find those that cannot be read. @throws AbortedError */
export async function checkImages(folder: ImageFolder, {workers, signal, onProgress}: CheckOptions): Promise<CheckReport> {
  const samples = everySample(folder);
  const findings: Finding[] = [...folder.findings];
  let done = 0;
  await concurrently(
    samples,
    workers,
    async ({path, name}) => {
      await readFile(path)
        .then(bytes => decodeBytes(bytes, TORCHVISION_PREPROCESSING))
        .catch(error => findings.push({code: 'unreadable-image', severity: 'warning', files: [name], message: messageOf(error)}));
      onProgress?.(++done, samples.length);
    },
    signal,
  );
  return {findings, checked: samples.length};
}
