import {readdirSync, readFileSync} from 'node:fs';
import {UsageError} from '../core/errors.js';
import {suggestion} from '../core/nearest.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {validate} from '../core/schema.js';
import {weightsCardSchema} from './card-schema.js';
import {ARCHS, type Arch, type ResNetFamily} from './resnet-specs.js';

/** Everything that must be known of a published weights file to fetch it, check it and feed it. */
export interface WeightsCard extends ResNetFamily {
  /** `resnet50.imagenet1k-v1` */
  readonly name: string;
  readonly arch: Arch;
  readonly url: string;
  /** The name other tools keep the file under, too. */
  readonly file: string;
  /** What the file's sha256 begins with, lower-case hex. */
  readonly sha256Prefix: string;
  /** Size of the file in MiB, as published. */
  readonly mebibytes: number;
  /** Hugging Face repository that holds the same weights as `model.safetensors`, under the same tensor names. */
  readonly huggingFace?: string;
  readonly preprocessing: Preprocessing;
  /** Stages that the file has weights for. */
  readonly stages: 1 | 2 | 3 | 4;
  readonly classes: number;
  readonly numParams: number;
  /** Per cent, as published, by dataset. */
  readonly metrics: Readonly<Record<string, {readonly 'acc@1': number; readonly 'acc@5': number}>>;
  /** What is known of the licence, in sentences. */
  readonly licence: string;
  /** Page on how the weights were trained. */
  readonly trainingRecipe: string;
  /** Page that publishes them. */
  readonly source: string;
}

// From dist/src/backbones/ to the root of the package.
const DIRECTORY = new URL('../../../pretrained/', import.meta.url);

/** @throws SchemaError when a document is not a card */
export const parseCard = (document: unknown, what: string): WeightsCard => validate<WeightsCard>(weightsCardSchema, document, what);

function readCards(): readonly WeightsCard[] {
  const files = readdirSync(DIRECTORY).filter(file => file.endsWith('.json'));
  const read = files.map(file => parseCard(JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')), `Card ${file}`));
  return read.sort((a, b) => ARCHS.indexOf(a.arch) - ARCHS.indexOf(b.arch) || (a.name < b.name ? -1 : 1));
}

let known: readonly WeightsCard[] | undefined;

/** Every card of `pretrained/`, by depth, then by version. */
export const cards = (): readonly WeightsCard[] => (known ??= readCards());

/** Our spelling of a card's name: `ResNet50_Weights.IMAGENET1K_V2`, or `IMAGENET1K_V2` alone -> `resnet50.imagenet1k-v2`. */
function spelling(wish: string, arch: Arch): string {
  const name = wish.toLowerCase().replace('_weights.', '.').replaceAll('_', '-');
  return name.includes('.') ? name : `${arch}.${name}`;
}

/** The card that a wish names in our spelling or torchvision's; `auto` names the first version. */
export function findCard(wish: string, arch: Arch, among: readonly WeightsCard[] = cards()): WeightsCard | undefined {
  const name = wish === 'auto' ? `${arch}.imagenet1k-v1` : spelling(wish, arch);
  return among.find(card => card.name === name);
}

/**
 * @param wish `auto`, a card's name, or torchvision's name of the same weights
 * @throws UsageError when there is no such card, or it is of another depth
 */
export function cardFor(wish: string, arch: Arch, among: readonly WeightsCard[] = cards()): WeightsCard {
  const card = findCard(wish, arch, among);
  const fitting = among.filter(candidate => candidate.arch === arch).map(candidate => candidate.name);
  if (card === undefined) {
    const names = among.map(candidate => candidate.name);
    const hint = suggestion(spelling(wish, arch), names) || '. Say auto, or see finetune models.';
    throw new UsageError(`Expected auto, none, a file, a url or one of ${fitting.join(', ')} for --weights, but found "${wish}"${hint}`);
  }
  if (card.arch !== arch) {
    throw new UsageError(
      `Expected weights of ${arch} for --arch ${arch}, but found ${card.name}. Say --arch ${card.arch}, or --weights ${fitting[0] ?? 'none'}.`,
    );
  }
  return card;
}
