import {DEPTHWISE_KERNEL, NAMING_SCHEMES, type NamingScheme} from './naming-schemes.js';
import {schemeKeys, stagePrefixes} from './scheme-keys.js';
import type {StoredTensor, StoredTensors} from '../readers/weights-file.js';
import {backboneShapes, borrowedNorm, networkConvNorms} from '../network.js';
import {stagesOf, type BackboneSpec} from '../resnet-specs.js';
import {subtractBias, toChannelsFirst, toGroupedFilter} from './stored-layout.js';

/** A tensor and its name in the file. */
export interface SourceTensor {
  readonly name: string;
  readonly tensor: StoredTensor;
}

/** Tensors of a file that may be the backbone: those whose names match a naming scheme below a prefix. */
export interface BackboneCandidate {
  readonly scheme: NamingScheme;
  readonly prefix: string;
  /** Tensors by torchvision key. */
  readonly tensors: ReadonlyMap<string, SourceTensor>;
  readonly missing: readonly string[];
  /** Keys of tensors with another shape. */
  readonly shapeMismatches: readonly string[];
  /** Names of other tensors inside the stages, which the network does not have. */
  readonly unexpected: readonly string[];
}

export const isComplete = ({missing, shapeMismatches, unexpected}: BackboneCandidate): boolean =>
  missing.length + shapeMismatches.length + unexpected.length === 0;

/** Names of averaged weights (EMA, SWA) and teacher networks. The plain weights are preferred. */
const AVERAGED_WEIGHTS =
  /(?:^|[._/-])(?:\w*ema|ema\w*|averaged?\w*|avg\w*|swa\w*|\w*teacher\w*|target\w*|\w*momentum\w*|shadow\w*|slow\w*|encoder_[km]|k(?:ey)?_encoder)(?:[._/-]|$)/i;

/** Names that are longer or have more segments belong to no network. */
const MAX_NAME = 500;
const MAX_NAME_SEGMENTS = 24;

/** Number of candidates that are compared in detail: those with the most tensors. */
const MAX_CANDIDATES = 16;

/** Tensors whose names match a scheme below a prefix, at any depth of the network. */
interface SchemeMatch {
  readonly scheme: NamingScheme;
  readonly prefix: string;
  /** Tensors by torchvision key. There are several if the file uses several possible names of a layer. */
  readonly named: Map<string, SourceTensor[]>;
  /** Names inside the stages that match nothing. */
  unrecognized?: readonly string[];
}

/** Start positions of the segments of a name. */
function* segmentStarts(name: string): Generator<number> {
  yield 0;
  let segments = 0;
  for (let at = 0; at < name.length && segments < MAX_NAME_SEGMENTS; at++) {
    if (name[at] === '.' || name[at] === '/') {
      segments++;
      yield at + 1;
    }
  }
}

const hasShape = (
  found: readonly number[],
  expectedShapes: readonly number[] | undefined,
): boolean => found.join() === expectedShapes?.join();

/** Segments that wrappers insert into module names, at any position. */
const WRAPPER_MODULES =
  /(^|\.)(?:(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\.)+/g;

/** Removes wrappers from a name, and the output number that Keras appends. */
const stripWrappers = (name: string): string =>
  name.replace(/:0$/, '').replace(WRAPPER_MODULES, '$1');

/** A tensor in torchvision's layout. */
function toTorchvision(path: string, {channels}: NamingScheme, stored: StoredTensor): StoredTensor {
  if (path.endsWith(DEPTHWISE_KERNEL)) return toGroupedFilter(stored);
  return channels === 'last' ? toChannelsFirst(stored) : stored;
}

/** Finds all tensors whose names match a scheme, by scheme and prefix, in the order of the file. */
function findSchemeMatches(tensors: StoredTensors): SchemeMatch[] {
  const found = new Map<NamingScheme, Map<string, SchemeMatch>>(
    NAMING_SCHEMES.map(scheme => [scheme, new Map<string, SchemeMatch>()]),
  );
  for (const [name, stored] of tensors) {
    if (name.length > MAX_NAME) continue;
    const path = stripWrappers(name);
    for (const at of segmentStarts(path)) {
      for (const {scheme, key} of schemeKeys(path.slice(at))) {
        const prefix = path.slice(0, at);
        const place = found.get(scheme)!.get(prefix) ?? {
          scheme,
          prefix,
          named: new Map<string, SourceTensor[]>(),
        };
        found.get(scheme)!.set(prefix, place);
        const tensor = toTorchvision(path, scheme, stored);
        place.named.set(key, [...(place.named.get(key) ?? []), {name, tensor}]);
      }
    }
  }
  return [...found.values()].flatMap(places => [...places.values()]);
}

/** Shape of a convolution's bias, which torchvision's ResNets do not have: one number per filter. */
function biasShape(
  key: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): readonly number[] | undefined {
  const filters = shapes.get(key.replace(/\.bias$/, '.weight'));
  return filters?.length === 4 ? filters.slice(0, 1) : undefined;
}

/** Shapes of a network's tensors, whatever stage it ends after. */
const wholeShapes = (spec: BackboneSpec): ReadonlyMap<string, readonly number[]> =>
  new Map(stagesOf(spec.arch).flatMap(lastStage => [...backboneShapes({...spec, lastStage})]));

/** Keys that another key's tensor may serve (`borrowedNorm`). */
const borrowedKeys = (spec: BackboneSpec): [key: string, source: string][] =>
  [...borrowedNorm(spec)].flatMap(([name, source]) =>
    ['weight', 'bias', 'running_mean', 'running_var'].map((part): [string, string] => [
      `${name}.${part}`,
      `${source}.${part}`,
    ]),
  );

/** Score of an incomplete candidate: minus the number of missing and unexpected names. */
const nameScore = ({missing, unexpected}: BackboneCandidate): number =>
  -missing.length - unexpected.length;

const nameDepth = (prefix: string): number => prefix.split(/[./]/).length;

/**
 * Sorts complete candidates first, then those with the best score. Plain weights come before averages, then shallow prefixes, then the
 * order of the file.
 */
const compareCandidates = (a: BackboneCandidate, b: BackboneCandidate): number =>
  Number(isComplete(b)) - Number(isComplete(a)) ||
  nameScore(b) - nameScore(a) ||
  a.shapeMismatches.length - b.shapeMismatches.length ||
  Number(AVERAGED_WEIGHTS.test(a.prefix)) - Number(AVERAGED_WEIGHTS.test(b.prefix)) ||
  nameDepth(a.prefix) - nameDepth(b.prefix);

/** Finds the ResNets in a file. */
export class BackboneSearch {
  private readonly found: readonly SchemeMatch[];

  constructor(private readonly tensors: StoredTensors) {
    this.found = findSchemeMatches(tensors);
  }

  /** Candidates for a backbone, best first. */
  candidates(spec: BackboneSpec): BackboneCandidate[] {
    const fullShapes = wholeShapes(spec);
    const expectedShapes = backboneShapes(spec);
    const fitting = new Map(this.found.map(found => [found, this.fitting(found, expectedShapes)]));
    const byMatchingShapes = [...this.found]
      .sort((a, b) => fitting.get(b)! - fitting.get(a)!)
      .slice(0, MAX_CANDIDATES);
    const bySize = [...this.found]
      .sort((a, b) => b.named.size - a.named.size)
      .slice(0, MAX_CANDIDATES);
    return [...new Set([...byMatchingShapes, ...bySize])]
      .map(found => this.examine(found, spec, expectedShapes, fullShapes))
      .sort(compareCandidates);
  }

  private fitting(
    {named}: SchemeMatch,
    expectedShapes: ReadonlyMap<string, readonly number[]>,
  ): number {
    let count = 0;
    for (const [key, tensors] of named)
      if (tensors.some(({tensor}) => hasShape(tensor.shape, expectedShapes.get(key)))) count++;
    return count;
  }

  private examine(
    found: SchemeMatch,
    spec: BackboneSpec,
    expectedShapes: ReadonlyMap<string, readonly number[]>,
    fullShapes: ReadonlyMap<string, readonly number[]>,
  ): BackboneCandidate {
    const {scheme, prefix, named} = found;
    const tensors = new Map<string, SourceTensor>();
    const extra: string[] = [];
    for (const [key, alternatives] of named) {
      const shape = fullShapes.get(key) ?? biasShape(key, fullShapes);
      const fitting = alternatives.find(({tensor}) => hasShape(tensor.shape, shape));
      if (fitting === undefined && !fullShapes.has(key)) extra.push(alternatives[0]!.name);
      else tensors.set(key, fitting ?? alternatives[0]!);
    }
    for (const [key, source] of borrowedKeys(spec))
      if (tensors.has(source) && !tensors.has(key)) tensors.set(key, tensors.get(source)!);
    found.unrecognized ??= this.unrecognizedNames(found);
    return {
      ...{scheme, prefix, tensors},
      missing: [...expectedShapes.keys()].filter(key => !tensors.has(key)),
      shapeMismatches: [...expectedShapes]
        .filter(
          ([key, shape]) => tensors.has(key) && !hasShape(tensors.get(key)!.tensor.shape, shape),
        )
        .map(([key]) => key),
      unexpected: [...extra, ...found.unrecognized],
    };
  }

  /** Names inside the stages that match nothing. Batch counters of any type are ignored. */
  private unrecognizedNames({scheme, prefix, named}: SchemeMatch): string[] {
    const stages = stagePrefixes(scheme).map(stage => prefix + stage);
    const read = new Set([...named.values()].flatMap(tensors => tensors.map(({name}) => name)));
    const isStray = (name: string): boolean =>
      stages.some(stage => stripWrappers(name).startsWith(stage)) &&
      !read.has(name) &&
      !name.endsWith('num_batches_tracked');
    return [...this.tensors.keys()].filter(name => name.length <= MAX_NAME).filter(isStray);
  }
}

/** Tensors of a backbone by torchvision key. Biases that the network does not have are folded into the following batch norms. */
export function collectBackboneTensors(
  {tensors}: BackboneCandidate,
  spec: BackboneSpec,
): Map<string, SourceTensor> {
  const biases = new Map(
    networkConvNorms(spec).map(({conv, norm}) => [
      `${norm.name}.running_mean`,
      tensors.get(`${conv.name}.bias`),
    ]),
  );
  return new Map(
    [...backboneShapes(spec).keys()].map(key => {
      const named = tensors.get(key)!;
      const bias = biases.get(key);
      return [
        key,
        bias === undefined
          ? named
          : {name: named.name, tensor: subtractBias(named.tensor, bias.tensor)},
      ];
    }),
  );
}
