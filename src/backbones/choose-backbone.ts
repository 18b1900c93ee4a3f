import {UsageError} from '../core/errors.js';
import {BackboneSearch, isWhole, type Candidate} from './find-backbone.js';
import {shortened} from './readers/malformed.js';
import type {OpenWeights} from './readers/weights-file.js';
import {ARCHS, type Arch, type BackboneSpec, type LastStage} from './resnet-specs.js';
import {TORCHVISION} from './provenance.js';
import {mismatch} from './weights-mismatch.js';

/** @throws UsageError where a file says that it is of another depth, or of another kind of network */
export function checkDeclared({path, metadata: {arch: declared}}: OpenWeights, arch: Arch): void {
  if (declared === undefined || declared === arch) return;
  const remedy = ARCHS.includes(declared as Arch) ? `Add --arch ${declared}.` : `Give weights of a ${arch}.`;
  throw new UsageError(`Expected weights of ${arch} in ${path}, but found weights of ${shortened(declared, 80)}. ${remedy}`);
}

/** The backbone in a file, and others that it holds as well. */
export interface Choice {
  readonly candidate: Candidate;
  readonly others: readonly Candidate[];
}

/** @throws WeightsMismatchError where no candidate is whole */
export function choose({path, tensors}: OpenWeights, arch: Arch, lastStage: LastStage): Choice {
  // Neither stride nor epsilon changes a name or a shape.
  const spec: BackboneSpec = {arch, lastStage, ...TORCHVISION};
  const search = new BackboneSearch(tensors);
  const found = search.candidates(spec);
  const [candidate] = found;
  if (candidate === undefined || !isWhole(candidate)) throw mismatch(path, tensors, spec, search);
  return {candidate, others: found.slice(1).filter(isWhole)};
}

/** Names in a sentence, at most. */
const NAMED = 4;

/** What of a file was not taken, in one sentence for other backbones in it and one for the rest. */
export function leftBehind({path, tensors}: OpenWeights, {tensors: taken, prefix}: Candidate, others: readonly Candidate[]): string[] {
  const known = new Set([taken, ...others.map(other => other.tensors)].flatMap(found => [...found.values()].map(({name}) => name)));
  const ignored = [...tensors.keys()].filter(name => !known.has(name) && !name.endsWith('num_batches_tracked'));
  const names = ignored
    .slice(0, NAMED)
    .map(name => shortened(name, 120))
    .join(', ');
  const under = (text: string): string => (text === '' ? 'without a prefix' : `under ${shortened(text.replace(/[./]$/, ''), 120)}`);
  return [
    ...(others.length > 0
      ? [`${path} holds several backbones: took the one ${under(prefix)}, not ${others.map(other => under(other.prefix)).join(', ')}.`]
      : []),
    ...(ignored.length > 0
      ? [
          `Ignored ${ignored.length} ${ignored.length === 1 ? 'tensor' : 'tensors'} of ${path}: ${names}${ignored.length > NAMED ? `, and ${ignored.length - NAMED} more` : ''}.`,
        ]
      : []),
  ];
}
