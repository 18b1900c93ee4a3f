import {readdirSync, readFileSync} from 'node:fs';
import {UsageError} from '../../core/errors.js';
import {suggest} from '../../core/text/suggest.js';
import type {Preprocessing} from '../../core/preprocessing.js';
import {validate} from '../../core/schema.js';
import {pretrainedSchema} from './pretrained-schema.js';
import {ARCHS, type Arch, type LastStage, type ResNetVariant} from '../resnet-specs.js';

/** Everything that must be known of a published weights file to fetch it, check it and feed it. */
export interface PretrainedWeights extends ResNetVariant {
  /** `resnet50.imagenet1k-v1` */
  readonly name: string;
  readonly arch: Arch;
  readonly url: string;
  /** The name other tools keep the file under, too. */
  readonly file: string;
  /** What the file's sha256 begins with, lower-case hex. */
  readonly sha256Prefix: string;
  /** Size of the file in MiB, as published. */
  readonly sizeMiB: number;
  /** Hugging Face repository that holds the same weights as `model.safetensors`, under the same tensor names. */
  readonly huggingFace?: string;
  readonly preprocessing: Preprocessing;
  /** Stages that the file has weights for. */
  readonly stages: LastStage;
  readonly classes: number;
  readonly numParams: number;
  /** Per cent, as published, by dataset. */
  readonly metrics: Readonly<Record<string, {readonly 'acc@1': number; readonly 'acc@5': number}>>;
  /** What is known of the license, in sentences. */
  readonly license: string;
  /** Page on how the weights were trained. */
  readonly trainingRecipe: string;
  /** Page that publishes them. */
  readonly source: string;
}

// From dist/src/backbones/ to the root of the package.
const PRETRAINED_DIRECTORY = new URL('../../../../pretrained/', import.meta.url);

/** @throws SchemaError when a document is not a card */
export const parsePretrained = (document: unknown, what: string): PretrainedWeights =>
  validate<PretrainedWeights>(pretrainedSchema, document, what);

function readPretrained(): readonly PretrainedWeights[] {
  const files = readdirSync(PRETRAINED_DIRECTORY).filter(file => file.endsWith('.json'));
  const read = files.map(file =>
    parsePretrained(
      JSON.parse(readFileSync(new URL(file, PRETRAINED_DIRECTORY), 'utf8')),
      `Card ${file}`,
    ),
  );
  return read.sort(
    (a, b) => ARCHS.indexOf(a.arch) - ARCHS.indexOf(b.arch) || (a.name < b.name ? -1 : 1),
  );
}

let cachedEntries: readonly PretrainedWeights[] | undefined;

/** Every card of `pretrained/`, by depth, then by version. */
export const listPretrained = (): readonly PretrainedWeights[] =>
  (cachedEntries ??= readPretrained());

/** Our spelling of a card's name: `ResNet50_Weights.IMAGENET1K_V2`, or `IMAGENET1K_V2` alone -> `resnet50.imagenet1k-v2`. */
function normalizeName(requested: string, arch: Arch): string {
  const name = requested.toLowerCase().replace('_weights.', '.').replaceAll('_', '-');
  return name.includes('.') ? name : `${arch}.${name}`;
}

/** The card that a wish names in our spelling or torchvision's; `auto` names the first version. */
export function findPretrained(
  requested: string,
  arch: Arch,
  entries: readonly PretrainedWeights[] = listPretrained(),
): PretrainedWeights | undefined {
  const name = requested === 'auto' ? `${arch}.imagenet1k-v1` : normalizeName(requested, arch);
  return entries.find(entry => entry.name === name);
}

/**
 * @param requested `auto`, a card's name, or torchvision's name of the same weights
 * @throws UsageError when there is no such card, or it is of another depth
 */
export function getPretrained(
  requested: string,
  arch: Arch,
  entries: readonly PretrainedWeights[] = listPretrained(),
): PretrainedWeights {
  const entry = findPretrained(requested, arch, entries);
  const namesForArch = entries
    .filter(candidate => candidate.arch === arch)
    .map(candidate => candidate.name);
  if (entry === undefined) {
    const names = entries.map(candidate => candidate.name);
    const hint =
      suggest(normalizeName(requested, arch), names) || '. Say auto, or see finetune models.';
    throw new UsageError(
      `Expected auto, none, a file, a url or one of ${namesForArch.join(', ')} for --weights, but found "${requested}"${hint}`,
    );
  }
  if (entry.arch !== arch) {
    throw new UsageError(
      `Expected weights of ${arch} for --arch ${arch}, but found ${entry.name}. Say --arch ${entry.arch}, or --weights ${namesForArch[0] ?? 'none'}.`,
    );
  }
  return entry;
}
