import {readdirSync, readFileSync} from 'node:fs';
import {UsageError} from '../../core/errors.js';
import {suggest} from '../../core/text/suggest.js';
import {validate} from '../../core/schema.js';
import {ARCHS, type Arch} from '../resnet-specs.js';
import {pretrainedSchema, type PretrainedWeights} from './pretrained-schema.js';

export type {PretrainedWeights};

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
  const name = requested.toLowerCase().replace('_weights.', '.');
  // Networks may have a `_` in their names, versions have not.
  const [network, version] = name.includes('.') ? name.split(/\.(.*)/s) : [arch, name];
  return `${network}.${version!.replaceAll('_', '-')}`;
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
    const hint = suggest(normalizeName(requested, arch), names) || '.';
    throw new UsageError(
      `"${requested}" is no value of --weights${hint} Use auto, none, a file, a url or one of ${namesForArch.join(', ')}; finetune models lists all.`,
    );
  }
  if (entry.arch !== arch) {
    throw new UsageError(
      `${entry.name} does not fit --arch ${arch}. Use --arch ${entry.arch}, or --weights ${namesForArch[0] ?? 'none'}.`,
    );
  }
  return entry;
}
