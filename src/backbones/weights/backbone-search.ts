import {NAMING_SCHEMES, schemeNames, stagePrefixes, type NamingScheme} from './naming-schemes.js';
import type {StoredTensor, StoredTensors} from '../readers/weights-file.js';
import {backboneShapes} from '../network.js';
import {ARCHS, stageCount, type BackboneSpec} from '../resnet-specs.js';
import {toChannelsFirst, subtractBias} from './stored-layout.js';

/** A tensor by the name it has in the file. */
export interface SourceTensor {
  readonly name: string;
  readonly tensor: StoredTensor;
}

/** What of a file may be the backbone: the tensors whose names begin with a prefix, read by a scheme. */
export interface BackboneCandidate {
  readonly scheme: NamingScheme;
  readonly prefix: string;
  /** By torchvision's key. */
  readonly tensors: ReadonlyMap<string, SourceTensor>;
  readonly missing: readonly string[];
  /** Keys of tensors whose shape is another. */
  readonly shapeMismatches: readonly string[];
  /** Names of tensors inside the stages that the network does not have. */
  readonly unexpected: readonly string[];
}

export const isComplete = ({missing, shapeMismatches, unexpected}: BackboneCandidate): boolean =>
  missing.length + shapeMismatches.length + unexpected.length === 0;

/** Names of copies that follow the weights slowly, and of networks that teach others: the plain weights are taken before them. */
const AVERAGED_WEIGHTS =
  /(?:^|[._/-])(?:\w*ema|ema\w*|averaged?\w*|avg\w*|swa\w*|\w*teacher\w*|target\w*|\w*momentum\w*|shadow\w*|slow\w*|encoder_[km]|k(?:ey)?_encoder)(?:[._/-]|$)/i;

/** Names longer than this, or of more parts, are none of a network's. */
const MAX_NAME = 500;
const MAX_NAME_SEGMENTS = 24;

/** Candidates that are looked at closely: those that hold the most. */
const MAX_CANDIDATES = 16;

/** The tensors whose names read by a scheme below a prefix, whichever the depth. */
interface SchemeMatch {
  readonly scheme: NamingScheme;
  readonly prefix: string;
  /** By torchvision's key; several where a file has several of the names that a part may have. */
  readonly named: Map<string, SourceTensor[]>;
  /** Names inside the stages that read as nothing. */
  unrecognized?: readonly string[];
}

/** Where the parts of a name begin. */
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

/** What a name, or the end of one, stands for in each scheme. */
function indexSchemeNames(): Map<string, {readonly scheme: NamingScheme; readonly key: string}[]> {
  const all = new Map<string, {readonly scheme: NamingScheme; readonly key: string}[]>();
  for (const scheme of NAMING_SCHEMES) {
    // A name stands for one key in a scheme, whatever the network.
    const names = new Map(ARCHS.flatMap(arch => [...schemeNames(scheme, arch)]));
    for (const [name, key] of names) all.set(name, [...(all.get(name) ?? []), {scheme, key}]);
  }
  return all;
}

let schemeIndex: ReturnType<typeof indexSchemeNames> | undefined;

/** Names that wrappers put between those of modules, wherever they are. */
const WRAPPER_MODULES =
  /(^|\.)(?:(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\.)+/g;

/** A name without wrappers, and without the number of an output that Keras ends names with. */
const stripWrappers = (name: string): string =>
  name.replace(/:0$/, '').replace(WRAPPER_MODULES, '$1');

/** Everything that reads as part of a ResNet, by scheme and prefix, in the order of the file. */
function findSchemeMatches(tensors: StoredTensors): SchemeMatch[] {
  schemeIndex ??= indexSchemeNames();
  const found = new Map<NamingScheme, Map<string, SchemeMatch>>(
    NAMING_SCHEMES.map(scheme => [scheme, new Map<string, SchemeMatch>()]),
  );
  for (const [name, stored] of tensors) {
    if (name.length > MAX_NAME) continue;
    const path = stripWrappers(name);
    for (const at of segmentStarts(path)) {
      for (const {scheme, key} of schemeIndex.get(path.slice(at)) ?? []) {
        const prefix = path.slice(0, at);
        const place = found.get(scheme)!.get(prefix) ?? {
          scheme,
          prefix,
          named: new Map<string, SourceTensor[]>(),
        };
        found.get(scheme)!.set(prefix, place);
        const tensor = scheme.channels === 'last' ? toChannelsFirst(stored) : stored;
        place.named.set(key, [...(place.named.get(key) ?? []), {name, tensor}]);
      }
    }
  }
  return [...found.values()].flatMap(places => [...places.values()]);
}

/** Of a convolution, which has none in torchvision: one number for each filter. */
function biasShape(
  key: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): readonly number[] | undefined {
  const filters = shapes.get(key.replace(/\.bias$/, '.weight'));
  return filters?.length === 4 ? filters.slice(0, 1) : undefined;
}

/** What speaks for a candidate that is not whole: names that it shares with the backbone, less those it has beyond. */
const nameScore = ({missing, unexpected}: BackboneCandidate): number =>
  -missing.length - unexpected.length;

const nameDepth = (prefix: string): number => prefix.split(/[./]/).length;

/** Whole ones, else those that hold the most; plain weights before averages, then what lies least deep, then what comes first. */
const compareCandidates = (a: BackboneCandidate, b: BackboneCandidate): number =>
  Number(isComplete(b)) - Number(isComplete(a)) ||
  nameScore(b) - nameScore(a) ||
  a.shapeMismatches.length - b.shapeMismatches.length ||
  Number(AVERAGED_WEIGHTS.test(a.prefix)) - Number(AVERAGED_WEIGHTS.test(b.prefix)) ||
  nameDepth(a.prefix) - nameDepth(b.prefix);

/** The ResNets that may be in a file. */
export class BackboneSearch {
  private readonly found: readonly SchemeMatch[];

  constructor(private readonly tensors: StoredTensors) {
    this.found = findSchemeMatches(tensors);
  }

  /** What may be this backbone, best first. */
  candidates(spec: BackboneSpec): BackboneCandidate[] {
    const fullShapes = backboneShapes({...spec, lastStage: stageCount(spec.arch)});
    const expectedShapes = backboneShapes(spec);
    const fitting = new Map(this.found.map(found => [found, this.fitting(found, expectedShapes)]));
    const byMatchingShapes = [...this.found]
      .sort((a, b) => fitting.get(b)! - fitting.get(a)!)
      .slice(0, MAX_CANDIDATES);
    const bySize = [...this.found]
      .sort((a, b) => b.named.size - a.named.size)
      .slice(0, MAX_CANDIDATES);
    return [...new Set([...byMatchingShapes, ...bySize])]
      .map(found => this.examine(found, expectedShapes, fullShapes))
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

  /** A counter of batches, of whatever type, is no weight. */
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

/** The tensors of a backbone by torchvision's keys; biases of convolutions go into the batch norms behind them. */
export function collectBackboneTensors(
  {tensors}: BackboneCandidate,
  spec: BackboneSpec,
): Map<string, SourceTensor> {
  return new Map(
    [...backboneShapes(spec).keys()].map(key => {
      const named = tensors.get(key)!;
      const bias = tensors.get(precedingBiasKey(key) ?? '');
      return [
        key,
        bias === undefined
          ? named
          : {name: named.name, tensor: subtractBias(named.tensor, bias.tensor)},
      ];
    }),
  );
}

/** `layer1.0.bn1.running_mean` -> `layer1.0.conv1.bias` */
function precedingBiasKey(key: string): string | undefined {
  const [, place, norm] = /^(.*?)(bn\d|downsample\.1)\.running_mean$/.exec(key) ?? [];
  if (norm === undefined) return undefined;
  return `${place}${norm === 'downsample.1' ? 'downsample.0' : norm.replace('bn', 'conv')}.bias`;
}
