import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {UsageError} from '../../core/errors.js';
import {suggest} from '../../core/text/suggest.js';
import {validate} from '../../core/schema.js';
import {ARCHS, type Arch} from '../resnet-specs.js';
import {pretrainedSchema, type GoodFor, type PretrainedWeights} from './pretrained-schema.js';

export type {PretrainedWeights};

// `pretrained/` in the package root, relative to dist/src/backbones/pretrained/.
const PRETRAINED_DIRECTORY = new URL('../../../../pretrained/', import.meta.url);

/** The value of `--weights` that names the weights in this package. */
export const EMBEDDED = 'embedded';

/** Whether the weights come with this package, so that no network is needed. */
export const isEmbedded = ({url}: Pick<PretrainedWeights, 'url'>): boolean => url === undefined;

/** Path of weights that come with this package. */
export const embeddedPath = ({file}: Pick<PretrainedWeights, 'file'>): string =>
  fileURLToPath(new URL(file, PRETRAINED_DIRECTORY));

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
    (a, b) =>
      ARCHS.indexOf(a.arch) - ARCHS.indexOf(b.arch) ||
      Number(isOfTorchvision(b)) - Number(isOfTorchvision(a)) ||
      (a.name < b.name ? -1 : 1),
  );
}

const isOfTorchvision = ({name}: PretrainedWeights): boolean => name.includes('.imagenet1k-');

let cachedEntries: readonly PretrainedWeights[] | undefined;

/** All entries of `pretrained/` by network, those of torchvision first. */
export const listPretrained = (): readonly PretrainedWeights[] =>
  (cachedEntries ??= readPretrained());

/**
 * Normalizes an entry's name: `ResNet50_Weights.IMAGENET1K_V2`, or `IMAGENET1K_V2` alone, becomes `resnet50.imagenet1k-v2`; timm's
 * `resnet50.a1h_in1k` becomes `resnet50.a1h-in1k`.
 */
function normalizeName(requested: string, arch: Arch): string {
  const name = requested.toLowerCase().replace('_weights.', '.');
  // Network names may contain `_`, versions do not.
  const [network, version] = name.includes('.') ? name.split(/\.(.*)/s) : [arch, name];
  return `${network}.${version!.replaceAll('_', '-')}`;
}

/**
 * Whether a name is the network and one word of the version: `resnet50.v2` for `resnet50.imagenet1k-v2`. The weights of this package have
 * a short name of their own, since a word of theirs, `imagenet`, would promise too much.
 */
function isShortName(name: string, entry: PretrainedWeights): boolean {
  const {arch, name: full} = entry;
  const words = full.slice(arch.length + 1).split('-');
  return !isEmbedded(entry) && words.some(word => name === `${arch}.${word}`);
}

/** The first entry of a network that is good for a use, else its first entry. Never one that is not for commercial use, or the embedded one. */
export function defaultPretrained(
  arch: Arch,
  goodFor: GoodFor,
  entries: readonly PretrainedWeights[] = listPretrained(),
): PretrainedWeights | undefined {
  const usable = entries.filter(
    entry => entry.arch === arch && !entry.nonCommercial && !isEmbedded(entry),
  );
  return usable.find(entry => entry.goodFor.includes(goodFor)) ?? usable[0];
}

/**
 * The entry with a name in this project's, torchvision's or timm's spelling, or with one word of its version (`v2`, `dino`, `a1h`) if no
 * other entry has it. `embedded` is the one that comes with this package. `auto` selects the default for frozen features; a recipe with `auto` was resolved to a name before (recommend-weights.ts).
 */
export function findPretrained(
  requested: string,
  arch: Arch,
  entries: readonly PretrainedWeights[] = listPretrained(),
): PretrainedWeights | undefined {
  if (requested === 'auto') return defaultPretrained(arch, 'probe', entries);
  if (requested.toLowerCase() === EMBEDDED) return entries.find(isEmbedded);
  const name = normalizeName(requested, arch);
  const [short, ...others] = entries.filter(entry => isShortName(name, entry));
  return entries.find(entry => entry.name === name) ?? (others.length === 0 ? short : undefined);
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
    .filter(candidate => candidate.arch === arch && !candidate.nonCommercial)
    .map(candidate => candidate.name);
  if (namesForArch.length === 0 && requested === 'auto')
    throw new UsageError(
      `No weights of ${arch} are known here. Give a file or a url with --weights, or train from random numbers with --weights none.`,
    );
  if (entry === undefined) {
    const names = entries.map(candidate => candidate.name);
    const hint = suggest(normalizeName(requested, arch), names) || '.';
    throw new UsageError(
      `"${requested}" is no value of --weights${hint} Use ${namesForArch.length === 0 ? 'none, a file or a url' : `auto, none, a file, a url or one of ${namesForArch.join(', ')}`}; finetune models lists all.`,
    );
  }
  if (entry.arch !== arch) {
    throw new UsageError(
      `${entry.name} does not fit --arch ${arch}. Use --arch ${entry.arch}, or --weights ${namesForArch[0] ?? 'none'}.`,
    );
  }
  return entry;
}
