import {join} from 'node:path';
import type {PretrainedWeights} from '../backbones/pretrained/pretrained.js';
import {writeFileAtomic} from '../core/files/atomic-write.js';
import {printableJson} from '../core/text/printable.js';
import {PACKAGE_VERSION} from '../core/version.js';
import type {Classifier} from '../heads/classifier.js';
import type {OpenSetRecord} from '../training/open-set/open-set-record.js';
import {EXPORT_FORMATS, EXPORTERS, type ExportFormat} from './formats/exporters.js';
import {hashFiles} from './record/file-hashes.js';
import {labelsText, metadataDocument, originName, defaultReadme} from './model-files.js';
import {MODEL_FILES} from './record/file-names.js';
import {SCHEMA_VERSION, type ModelMetrics, type ModelRecord} from './record/model-record.js';
import {writeWebPage} from './web/web-page.js';

/** Metadata of an exported model besides its weights. */
export interface ModelDetails {
  /** Published weights that the backbone started from. */
  readonly pretrained?: PretrainedWeights;
  readonly metrics?: ModelMetrics;
  /** Detects images of none of the classes: `openSet` of a result. */
  readonly openSet?: OpenSetRecord;
  /** All effective options of the run. */
  readonly recipe?: unknown;
  /** Text of the exported model's README.md. */
  readonly modelCard?: string;
}

/** @returns the file names of each format, in order */
async function writeFormats(
  classifier: Classifier,
  directory: string,
): Promise<Readonly<Record<ExportFormat, string[]>>> {
  const files = {} as Record<ExportFormat, string[]>;
  for (const format of EXPORT_FORMATS) {
    const exporter = await EXPORTERS[format].load();
    files[format] = await exporter.write(classifier, directory);
  }
  return files;
}

async function writeWeightsAndRecord(
  classifier: Classifier,
  directory: string,
  options: ModelDetails,
): Promise<ModelRecord> {
  const {spec, head, preprocessing, classNames, origin} = classifier;
  const {pretrained, metrics, openSet, recipe} = options;
  const {tfjs, ...otherFormats} = await writeFormats(classifier, directory);
  return {
    schemaVersion: SCHEMA_VERSION,
    createdBy: `finetune ${PACKAGE_VERSION}`,
    createdAt: new Date().toISOString(),
    arch: spec.arch,
    lastStage: spec.lastStage,
    variant: {strideIn1x1: spec.strideIn1x1, batchNormEpsilon: spec.batchNormEpsilon},
    preprocessing,
    classes: classNames,
    head,
    weights: {origin: originName(origin), ...(pretrained !== undefined && {card: pretrained})},
    ...(metrics !== undefined && {metrics}),
    ...(openSet !== undefined && {openSet}),
    ...(recipe !== undefined && {recipe}),
    ...(await hashFiles(directory, tfjs, Object.values(otherFormats).flat())),
    web: await writeWebPage(directory),
  };
}

/** Writes every file of an exported model, without verifying it. */
export async function writeModelFiles(
  classifier: Classifier,
  directory: string,
  options: ModelDetails,
): Promise<ModelRecord> {
  const record = await writeWeightsAndRecord(classifier, directory, options);
  const write = (name: string, text: string): Promise<void> =>
    writeFileAtomic(join(directory, name), text);
  const json = (document: object): string => `${printableJson(document)}\n`;
  await write(MODEL_FILES.labels, labelsText(record.classes));
  await write(MODEL_FILES.metadata, json(metadataDocument(record)));
  await write(MODEL_FILES.card, options.modelCard ?? defaultReadme(record));
  await write(MODEL_FILES.record, json(record));
  return record;
}
