import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExportedModel} from '../../src/export/exported-model.js';
import {loadModel} from '../../src/export/load-model.js';
import {exportModel} from '../../src/export/export-model.js';
import {randomClassifier} from './networks.js';
import {timed, type Task, type TaskOptions} from './task.js';

/** Images of a reading, about. */
const IMAGES: Readonly<Record<number, number>> = {1: 64, 32: 192};

async function exportAndLoad(arch: TaskOptions['arch']): Promise<ExportedModel> {
  const folder = mkdtempSync(join(tmpdir(), 'finetune-bench-'));
  const classifier = randomClassifier(arch);
  try {
    const {directory} = await exportModel(classifier, join(folder, 'model'));
    return await loadModel(directory);
  } finally {
    classifier.dispose();
    rmSync(folder, {recursive: true});
  }
}

/** 8-bit pixels to probabilities, by an exported exported model that was loaded. */
export async function inferenceTask({arch, batch}: TaskOptions): Promise<Task> {
  const model = await exportAndLoad(arch);
  const {cropSize} = model.preprocessing;
  const pixels = Uint8Array.from(
    {length: batch * cropSize * cropSize * 3},
    (_, i) => (i * 2654435761) >>> 24,
  );
  const batches = Math.ceil((IMAGES[batch] ?? batch) / batch);
  const run = async (): Promise<void> => {
    for (let i = 0; i < batches; i++) model.probabilities(pixels);
  };
  await run();
  return () => timed(batch * batches, run);
}
