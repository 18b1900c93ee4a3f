import {formatCount} from '../../core/text/format-count.js';
import {defineError, FinetuneError} from '../../core/errors.js';
import {findNearest} from '../../core/text/suggest.js';
import {isComplete, type BackboneSearch, type BackboneCandidate} from './backbone-search.js';
import {describeOtherArchitecture} from './other-architectures.js';
import {truncateText} from '../readers/format-error.js';
import type {StoredTensors} from '../readers/weights-file.js';
import {backboneShapes} from '../network.js';
import {
  ARCHS,
  stageCount,
  stagesOf,
  type Arch,
  type BackboneSpec,
  type LastStage,
} from '../resnet-specs.js';

/** A valid weights file without the requested backbone. The message and the fields say what is missing. */
export class WeightsMismatchError extends defineError(
  FinetuneError,
  'WEIGHTS_MISMATCH',
  (
    {
      file,
    }: {
      file: string;
      spec: BackboneSpec;
      /** Missing tensors, by torchvision's names. */
      missing: readonly string[];
      /** Unexpected tensors among the backbone's layers, by the file's names. */
      unexpected: readonly string[];
      /** Tensors of another shape: torchvision's names with both shapes. */
      shapeMismatches: readonly string[];
    },
    {sentence}: {sentence: string},
  ) => `${file} ${sentence}`,
) {}

/** A file that lacks more than this fraction of the names is not a damaged ResNet, but another network that shares a few names. */
const MAX_MISSING_FRACTION = 0.9;

/** Creates the error for a file without a complete candidate. */
export function createMismatchError(
  path: string,
  tensors: StoredTensors,
  spec: BackboneSpec,
  search: BackboneSearch,
): WeightsMismatchError {
  const [bestCandidate] = search.candidates(spec);
  const expectedShapes = backboneShapes(spec);
  const {
    missing = [...expectedShapes.keys()],
    unexpected = [],
    shapeMismatches: keys = [],
  } = bestCandidate ?? {};
  const shapeMismatches = keys.map(
    key =>
      `${key} is ${formatShape(bestCandidate!.tensors.get(key)!.tensor.shape)}, not ${formatShape(expectedShapes.get(key)!)}`,
  );
  const found =
    bestCandidate === undefined || missing.length > MAX_MISSING_FRACTION * expectedShapes.size
      ? undefined
      : {bestCandidate, missing, shapeMismatches, unexpected};
  const sentence =
    describeOtherVariant(search, spec) ??
    (found === undefined ? describeNoMatch(tensors, spec) : describeMismatch(tensors, spec, found));
  return new WeightsMismatchError(
    {file: path, spec, missing, unexpected, shapeMismatches},
    {sentence},
  );
}

const formatShape = (shape: readonly number[]): string =>
  shape.length === 0 ? 'a single number' : shape.join(' x ');

const formatNames = (names: readonly string[], most = 3): string =>
  names
    .slice(0, most)
    .map(name => truncateText(name, 120))
    .join(', ') + (names.length > most ? ', ...' : '');

interface MismatchDetails {
  readonly bestCandidate: BackboneCandidate;
  readonly missing: readonly string[];
  readonly shapeMismatches: readonly string[];
  readonly unexpected: readonly string[];
}

function describeMismatch(
  tensors: StoredTensors,
  spec: BackboneSpec,
  found: MismatchDetails,
): string {
  const isIncomplete = found.missing.length + found.shapeMismatches.length > 0;
  const what = isIncomplete
    ? `does not hold a whole ${spec.arch}`
    : `holds another network than a ${spec.arch}`;
  return `${what}: ${listMismatches(tensors, spec, found)}. ${describeOtherArchitecture(tensors, found.bestCandidate)}Give weights of a ${spec.arch}.`;
}

function listMismatches(
  tensors: StoredTensors,
  spec: BackboneSpec,
  {bestCandidate, missing, shapeMismatches, unexpected}: MismatchDetails,
): string {
  const total = backboneShapes(spec).size;
  const mismatchKinds = [
    {
      names: missing,
      singular: `of its ${total} tensors is missing`,
      plural: `of its ${total} tensors are missing`,
    },
    {
      names: shapeMismatches,
      singular: 'tensor has another shape',
      plural: 'tensors have another shape',
    },
    {
      names: unexpected,
      singular: 'tensor inside its stages does not belong to it',
      plural: 'tensors inside its stages do not belong to it',
    },
  ];
  return mismatchKinds
    .filter(({names}) => names.length > 0)
    .map(({names, singular, plural}) => {
      const hint = names === missing ? suggestNearestName(tensors, bestCandidate, missing) : '';
      return `${formatCount(names.length, singular, plural)} (${formatNames(names)}${hint})`;
    })
    .join('; ');
}

/** Maximum number of names to compare with: a file may have any number. */
const MAX_COMPARED_NAMES = 2000;

/** The unrecognized name that is most similar to the first missing one. */
function suggestNearestName(
  tensors: StoredTensors,
  {tensors: matchedTensors, prefix}: BackboneCandidate,
  missing: readonly string[],
): string {
  const known = new Set([...matchedTensors.values()].map(({name}) => name));
  const unknown = [...tensors.keys()]
    .filter(name => !known.has(name) && name.length < 120)
    .slice(0, MAX_COMPARED_NAMES);
  const found = findNearest(prefix + missing[0]!, unknown);
  return found === undefined ? '' : `; the nearest name in the file is ${truncateText(found)}`;
}

function describeNoMatch(tensors: StoredTensors, spec: BackboneSpec): string {
  const names = [...tensors.keys()];
  const kind = describeOtherArchitecture(tensors, undefined);
  return (
    `holds no ResNet: none of its ${names.length} tensors (${formatNames(names)}) is called as one of ${spec.arch}'s ` +
    `(${formatNames([...backboneShapes(spec).keys()])}). ${kind}Give weights of a ${spec.arch}.`
  );
}

/** The last stage up to which a file is complete, if later stages are entirely absent; else 0. */
function completeStages(search: BackboneSearch, spec: BackboneSpec): 0 | LastStage {
  for (const lastStage of stagesOf(spec.arch).reverse()) {
    const [bestCandidate] = search.candidates({...spec, lastStage});
    const later = [...(bestCandidate?.tensors.keys() ?? [])].some(
      key => Number(/^layer(\d)/.exec(key)?.[1] ?? 0) > lastStage,
    );
    if (bestCandidate !== undefined && isComplete(bestCandidate) && !later) return lastStage;
  }
  return 0;
}

/** Names and shapes of a whole network, in a text. */
const describeWhole = (spec: BackboneSpec, arch: Arch): string =>
  JSON.stringify([...backboneShapes({...spec, arch, lastStage: stageCount(arch)})]);

/** What to do about a file with another ResNet depth, or with only the first stages. */
function describeOtherVariant(search: BackboneSearch, spec: BackboneSpec): string | undefined {
  const stagesByArch = new Map<Arch, 0 | LastStage>(
    ARCHS.map(arch => [arch, completeStages(search, {...spec, arch})]),
  );
  const most = Math.max(...stagesByArch.values());
  if (most === 0) return undefined;
  const isRequestedArch = stagesByArch.get(spec.arch) === most;
  // Networks that differ in nothing but their shortcuts may have weights of the same names and shapes.
  const fitting = [...stagesByArch].flatMap(([arch, stages]) => (stages === most ? [arch] : []));
  const shapes = describeWhole(spec, fitting[0]!);
  const arch = isRequestedArch
    ? spec.arch
    : fitting.filter(each => describeWhole(spec, each) === shapes).join(' or ');
  // A network of three stages is whole, however many the requested one has.
  const isTruncated = most < Math.min(spec.lastStage, stageCount(fitting[0]!));
  if (isRequestedArch && !isTruncated) return undefined;
  const stages = most === 1 ? 'only stage 1' : `only stages 1 to ${most}`;
  if (!isTruncated) return `holds a ${arch}, not a ${spec.arch}. Add --arch ${arch}.`;
  const suggestedFlags = isRequestedArch
    ? `--last-stage ${most}`
    : `--arch ${arch} --last-stage ${most}`;
  return `holds ${stages} of a ${arch}, where ${spec.arch} up to stage ${spec.lastStage} is wanted. Add ${suggestedFlags}, or give a file with all stages.`;
}
