import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Bundle} from '../../src/export/bundle.js';
import {loadBundle} from '../../src/export/load-bundle.js';
import {saveBundle} from '../../src/export/save-bundle.js';
import {randomClassifier} from './networks.js';
import {timed, type Task, type TaskOptions} from './task.js';

/** Pictures of a reading, about. */
const IMAGES: Readonly<Record<number, number>> = {1: 64, 32: 192};

async function exported(arch: TaskOptions['arch']): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'finetune-bench-'));
  const classifier = randomClassifier(arch);
  try {
    const {directory} = await saveBundle(classifier, join(folder, 'model'));
    return await loadBundle(directory);
  } finally {
    classifier.dispose();
    rmSync(folder, {recursive: true});
  }
}

/** 8-bit pixels to probabilities, by an exported bundle that was loaded. */
export async function inference({arch, batch}: TaskOptions): Promise<Task> {
  const bundle = await exported(arch);
  const {cropSize} = bundle.preprocessing;
  const pixels = Uint8Array.from({length: batch * cropSize * cropSize * 3}, (_, i) => (i * 2654435761) >>> 24);
  const times = Math.ceil((IMAGES[batch] ?? batch) / batch);
  const run = async (): Promise<void> => {
    for (let i = 0; i < times; i++) bundle.probabilities(pixels);
  };
  await run();
  return () => timed(batch * times, run);
}
