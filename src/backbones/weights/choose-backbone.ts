import {formatCount} from '../../core/text/format-count.js';
import {UsageError} from '../../core/errors.js';
import {BackboneSearch, isComplete, type BackboneCandidate} from './backbone-search.js';
import {truncateText} from '../readers/format-error.js';
import type {OpenWeights} from '../readers/weights-file.js';
import {ARCHS, type Arch, type BackboneSpec, type LastStage} from '../resnet-specs.js';
import {publishedMetadata} from './weights-metadata.js';
import {createMismatchError} from './weights-mismatch.js';

/** @throws UsageError if the file's metadata names another architecture or another kind of network */
export function checkDeclaredArch(
  {path, metadata: {arch: declared}}: OpenWeights,
  arch: Arch,
): void {
  if (declared === undefined || declared === arch) return;
  const remedy = ARCHS.includes(declared as Arch)
    ? `Add --arch ${declared}.`
    : `Give weights of a ${arch}.`;
  throw new UsageError(
    `${path} holds weights of ${truncateText(declared, 80)}, not of ${arch}. ${remedy}`,
  );
}

/** The backbone of a file, and other backbones in it. */
export interface BackboneChoice {
  readonly candidate: BackboneCandidate;
  readonly others: readonly BackboneCandidate[];
}

/** @throws WeightsMismatchError if no candidate is complete */
export function chooseBackbone(
  {path, tensors}: OpenWeights,
  arch: Arch,
  lastStage: LastStage,
): BackboneChoice {
  // Stride and epsilon affect neither names nor shapes.
  const spec: BackboneSpec = {arch, lastStage, ...publishedMetadata(arch)};
  const search = new BackboneSearch(tensors);
  const found = search.candidates(spec);
  const [candidate] = found;
  if (candidate === undefined || !isComplete(candidate))
    throw createMismatchError(path, tensors, spec, search);
  return {candidate, others: found.slice(1).filter(isComplete)};
}

/** Maximum number of names in a message. */
const MAX_LISTED_NAMES = 4;

/** Messages about unused tensors of a file: one sentence about other backbones in it, one about the rest. */
export function describeIgnoredTensors(
  {path, tensors}: OpenWeights,
  {tensors: usedTensors, prefix}: BackboneCandidate,
  others: readonly BackboneCandidate[],
): string[] {
  const known = new Set(
    [usedTensors, ...others.map(other => other.tensors)].flatMap(found =>
      [...found.values()].map(({name}) => name),
    ),
  );
  const ignored = [...tensors.keys()].filter(
    name => !known.has(name) && !name.endsWith('num_batches_tracked'),
  );
  const names = ignored
    .slice(0, MAX_LISTED_NAMES)
    .map(name => truncateText(name, 120))
    .join(', ');
  const describePrefix = (text: string): string =>
    text === '' ? 'without a prefix' : `under ${truncateText(text.replace(/[./]$/, ''), 120)}`;
  return [
    ...(others.length > 0
      ? [
          `${path} holds several backbones: took the one ${describePrefix(prefix)}, not ${others.map(other => describePrefix(other.prefix)).join(', ')}.`,
        ]
      : []),
    ...(ignored.length > 0
      ? [
          `Ignored ${formatCount(ignored.length, 'tensor')} of ${path}: ${names}${ignored.length > MAX_LISTED_NAMES ? `, and ${ignored.length - MAX_LISTED_NAMES} more` : ''}.`,
        ]
      : []),
  ];
}
