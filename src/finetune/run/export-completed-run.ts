import {dirname} from 'node:path';
import {defineError, FinetuneError} from '../../core/errors.js';
import {formatSystemError} from '../../core/files/system-error.js';
import {shellQuote} from '../../core/text/printable.js';
import {exportModel} from '../../export/export-model.js';
import {modelCard} from '../../report/model-card.js';
import type {ModelSize, RunRecord} from '../../report/run-record.js';
import {readImageBatches} from '../../training/loop/image-dataset.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Recipe} from '../recipe/recipe.js';
import {measureModel} from './measure-model.js';
import type {RunContext} from './run-context.js';
import type {RunDirectory} from './run-directory.js';
import {withoutPaths} from './run-record-files.js';

/** Number of validation images that an exported model is verified on. */
const VERIFICATION_IMAGES = 8;

/** Training is complete and saved, but the export failed. */
export class ExportFailedError extends defineError(
  FinetuneError,
  'EXPORT_FAILED',
  ({
    run,
    cause,
  }: {
    /** Directory of the trained weights and the metrics. */
    run: string;
    cause: unknown;
  }) =>
    `${formatSystemError(cause).replace(/\.?$/, '.')} The training is complete, and its weights and metrics are in ${run}. ` +
    `Make the model again: finetune export ${shellQuote(run)}`,
) {}

/** Evenly spaced validation images, as uint8 batches. */
async function* verificationBatches({split, sourceOf}: Prepared): AsyncGenerator<Uint8Array> {
  const step = Math.ceil(split.validation.length / VERIFICATION_IMAGES);
  const chosen = sourceOf(split.validation.filter((_, i) => i % step === 0));
  const indices = chosen.samples.map((_, index) => index);
  for await (const {images} of readImageBatches(chosen, indices, VERIFICATION_IMAGES, null))
    yield images;
}

/**
 * Exports the trained classifier of a run into its directory, and verifies the exported model on validation images.
 * @returns the size and the speed of the exported model
 * @throws ExportFailedError
 */
export async function exportCompletedRun(
  prepared: Prepared,
  recipe: Recipe,
  record: RunRecord,
  directory: RunDirectory,
  run: RunContext,
): Promise<ModelSize> {
  const {classifier, pretrained} = prepared;
  run.progress('export', 0, 2, 'steps', {step: 'writing'});
  const exported = await exportModel(classifier, directory.file('model'), {
    metrics: record.metrics,
    ...(record.openSet !== undefined && {openSet: record.openSet}),
    recipe: withoutPaths(recipe),
    modelCard: modelCard(record),
    verificationImages: verificationBatches(prepared),
    onWritten: () => run.progress('export', 1, 2, 'steps', {step: 'verifying'}),
    ...(pretrained !== undefined && {pretrained}),
    ...run.signalOptions,
  }).catch((error: unknown) => {
    if (run.signal?.aborted === true) throw error;
    throw new ExportFailedError({run: dirname(directory.file('recipe')), cause: error});
  });
  return measureModel(classifier, exported.record);
}
