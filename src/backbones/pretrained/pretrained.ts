import {readdirSync, readFileSync} from 'node:fs';
import {UsageError} from '../../core/errors.js';
import {suggest} from '../../core/text/suggest.js';
import {validate} from '../../core/schema.js';
import {ARCHS, type Arch} from '../resnet-specs.js';
import {pretrainedSchema, type PretrainedWeights} from './pretrained-schema.js';

export type {PretrainedWeights};

// `pretrained/` in the package root, relative to dist/src/backbones/pretrained/.
const PRETRAINED_DIRECTORY = new URL('../../../../pretrained/', import.meta.url);

/** @throws SchemaError if a document is not a pretrained-weights entry */
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

/** All entries of `pretrained/`, by depth, then by version. */
export const listPretrained = (): readonly PretrainedWeights[] =>
  (cachedEntries ??= readPretrained());

/** Normalizes an entry's name: `ResNet50_Weights.IMAGENET1K_V2`, or `IMAGENET1K_V2` alone, becomes `resnet50.imagenet1k-v2`. */
function normalizeName(requested: string, arch: Arch): string {
  const name = requested.toLowerCase().replace('_weights.', '.');
  // Network names may contain `_`, versions do not.
  const [network, version] = name.includes('.') ? name.split(/\.(.*)/s) : [arch, name];
  return `${network}.${version!.replaceAll('_', '-')}`;
}

/** The entry with a name in this project's or torchvision's spelling. `auto` selects the first version. */
export function findPretrained(
  requested: string,
  arch: Arch,
  entries: readonly PretrainedWeights[] = listPretrained(),
): PretrainedWeights | undefined {
  const name = requested === 'auto' ? `${arch}.imagenet1k-v1` : normalizeName(requested, arch);
  return entries.find(entry => entry.name === name);
}

/**
 * @param requested `auto`, or an entry's name in this project's or torchvision's spelling
 * @throws UsageError if there is no such entry, or it has another architecture
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
