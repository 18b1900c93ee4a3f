import {NAMING_SCHEMES, namesIn, stagePrefixes, type NamingScheme} from './naming-schemes.js';
import type {StoredTensor, StoredTensors} from './readers/weights-file.js';
import {backboneShapes, type BackboneSpec} from './resnet-specs.js';
import {channelsFirst, withoutBias} from './stored-layout.js';

/** A tensor by the name it has in the file. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: StoredTensor;
}

/** What of a file may be the backbone: the tensors whose names begin with a prefix, read by a scheme. */
export interface Candidate {
  readonly scheme: NamingScheme;
  readonly prefix: string;
  /** By torchvision's key. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly missing: readonly string[];
  /** Keys of tensors whose shape is another. */
  readonly misshapen: readonly string[];
  /** Names of tensors inside the stages that the network does not have. */
  readonly foreign: readonly string[];
}

export const isWhole = ({missing, misshapen, foreign}: Candidate): boolean => missing.length + misshapen.length + foreign.length === 0;

/** Names of copies that follow the weights slowly, and of networks that teach others: the plain weights are taken before them. */
const AVERAGE =
  /(?:^|[._/-])(?:\w*ema|ema\w*|averaged?\w*|avg\w*|swa\w*|\w*teacher\w*|target\w*|\w*momentum\w*|shadow\w*|slow\w*|encoder_[km]|k(?:ey)?_encoder)(?:[._/-]|$)/i;

/** Names longer than this, or of more parts, are none of a network's. */
const MAX_NAME = 500;
const MAX_PARTS = 24;

/** Candidates that are looked at closely: those that hold the most. */
const CLOSELY = 16;

/** The tensors whose names read by a scheme below a prefix, whichever the depth. */
interface Found {
  readonly scheme: NamingScheme;
  readonly prefix: string;
  /** By torchvision's key; several where a file has several of the names that a part may have. */
  readonly named: Map<string, NamedTensor[]>;
  /** Names inside the stages that read as nothing. */
  strays?: readonly string[];
}

/** Where the parts of a name begin. */
function* partsOf(name: string): Generator<number> {
  yield 0;
  let parts = 0;
  for (let at = 0; at < name.length && parts < MAX_PARTS; at++) {
    if (name[at] === '.' || name[at] === '/') {
      parts++;
      yield at + 1;
    }
  }
}

const isShape = (found: readonly number[], wanted: readonly number[] | undefined): boolean => found.join() === wanted?.join();

/** Depths differ in how many blocks and convolutions they have: the names of the deepest are those of all. */
const DEEPEST: BackboneSpec = {arch: 'resnet152', lastStage: 4, strideOn: '3x3', batchNormEpsilon: 1e-5};

/** What a name, or the end of one, stands for in each scheme. */
function readings(): Map<string, {readonly scheme: NamingScheme; readonly key: string}[]> {
  const all = new Map<string, {readonly scheme: NamingScheme; readonly key: string}[]>();
  for (const scheme of NAMING_SCHEMES) {
    for (const [name, key] of namesIn(scheme, DEEPEST)) all.set(name, [...(all.get(name) ?? []), {scheme, key}]);
  }
  return all;
}

let known: ReturnType<typeof readings> | undefined;

/** Names that wrappers put between those of modules, wherever they are. */
const WRAPPERS = /(^|\.)(?:(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\.)+/g;

/** A name without wrappers, and without the number of an output that Keras ends names with. */
const plain = (name: string): string => name.replace(/:0$/, '').replace(WRAPPERS, '$1');

/** Everything that reads as part of a ResNet, by scheme and prefix, in the order of the file. */
function search(tensors: StoredTensors): Found[] {
  known ??= readings();
  const found = new Map<NamingScheme, Map<string, Found>>(NAMING_SCHEMES.map(scheme => [scheme, new Map<string, Found>()]));
  for (const [name, stored] of tensors) {
    if (name.length > MAX_NAME) continue;
    const path = plain(name);
    for (const at of partsOf(path)) {
      for (const {scheme, key} of known.get(path.slice(at)) ?? []) {
        const prefix = path.slice(0, at);
        const place = found.get(scheme)!.get(prefix) ?? {scheme, prefix, named: new Map<string, NamedTensor[]>()};
        found.get(scheme)!.set(prefix, place);
        const tensor = scheme.channels === 'last' ? channelsFirst(stored) : stored;
        place.named.set(key, [...(place.named.get(key) ?? []), {name, tensor}]);
      }
    }
  }
  return [...found.values()].flatMap(places => [...places.values()]);
}

/** Of a convolution, which has none in torchvision: one number for each filter. */
function biasShape(key: string, shapes: ReadonlyMap<string, readonly number[]>): readonly number[] | undefined {
  const filters = shapes.get(key.replace(/\.bias$/, '.weight'));
  return filters?.length === 4 ? filters.slice(0, 1) : undefined;
}

/** What speaks for a candidate that is not whole: names that it shares with the backbone, less those it has beyond. */
const likeness = ({missing, foreign}: Candidate): number => -missing.length - foreign.length;

const depthOf = (prefix: string): number => prefix.split(/[./]/).length;

/** Whole ones, else those that hold the most; plain weights before averages, then what lies least deep, then what comes first. */
const best = (a: Candidate, b: Candidate): number =>
  Number(isWhole(b)) - Number(isWhole(a)) ||
  likeness(b) - likeness(a) ||
  a.misshapen.length - b.misshapen.length ||
  Number(AVERAGE.test(a.prefix)) - Number(AVERAGE.test(b.prefix)) ||
  depthOf(a.prefix) - depthOf(b.prefix);

/** The ResNets that may be in a file. */
export class BackboneSearch {
  private readonly found: readonly Found[];

  constructor(private readonly tensors: StoredTensors) {
    this.found = search(tensors);
  }

  /** What may be this backbone, best first. */
  candidates(spec: BackboneSpec): Candidate[] {
    const whole = backboneShapes({...spec, lastStage: 4});
    const wanted = backboneShapes(spec);
    const fitting = new Map(this.found.map(found => [found, this.fitting(found, wanted)]));
    const byFit = [...this.found].sort((a, b) => fitting.get(b)! - fitting.get(a)!).slice(0, CLOSELY);
    const bySize = [...this.found].sort((a, b) => b.named.size - a.named.size).slice(0, CLOSELY);
    return [...new Set([...byFit, ...bySize])].map(found => this.examine(found, wanted, whole)).sort(best);
  }

  private fitting({named}: Found, wanted: ReadonlyMap<string, readonly number[]>): number {
    let count = 0;
    for (const [key, tensors] of named) if (tensors.some(({tensor}) => isShape(tensor.shape, wanted.get(key)))) count++;
    return count;
  }

  private examine(found: Found, wanted: ReadonlyMap<string, readonly number[]>, whole: ReadonlyMap<string, readonly number[]>): Candidate {
    const {scheme, prefix, named} = found;
    const tensors = new Map<string, NamedTensor>();
    const beyond: string[] = [];
    for (const [key, alike] of named) {
      const shape = whole.get(key) ?? biasShape(key, whole);
      const fitting = alike.find(({tensor}) => isShape(tensor.shape, shape));
      if (fitting === undefined && !whole.has(key)) beyond.push(alike[0]!.name);
      else tensors.set(key, fitting ?? alike[0]!);
    }
    found.strays ??= this.straysOf(found);
    return {
      ...{scheme, prefix, tensors},
      missing: [...wanted.keys()].filter(key => !tensors.has(key)),
      misshapen: [...wanted]
        .filter(([key, shape]) => tensors.has(key) && !isShape(tensors.get(key)!.tensor.shape, shape))
        .map(([key]) => key),
      foreign: [...beyond, ...found.strays],
    };
  }

  /** A counter of batches, of whatever type, is no weight. */
  private straysOf({scheme, prefix, named}: Found): string[] {
    const stages = stagePrefixes(scheme).map(stage => prefix + stage);
    const read = new Set([...named.values()].flatMap(tensors => tensors.map(({name}) => name)));
    const isStray = (name: string): boolean =>
      stages.some(stage => plain(name).startsWith(stage)) && !read.has(name) && !name.endsWith('num_batches_tracked');
    return [...this.tensors.keys()].filter(name => name.length <= MAX_NAME).filter(isStray);
  }
}

/** The tensors of a backbone by torchvision's keys; biases of convolutions go into the batch norms behind them. */
export function tensorsOf({tensors}: Candidate, spec: BackboneSpec): Map<string, NamedTensor> {
  return new Map(
    [...backboneShapes(spec).keys()].map(key => {
      const named = tensors.get(key)!;
      const bias = tensors.get(biasBefore(key) ?? '');
      return [key, bias === undefined ? named : {name: named.name, tensor: withoutBias(named.tensor, bias.tensor)}];
    }),
  );
}

/** `layer1.0.bn1.running_mean` -> `layer1.0.conv1.bias` */
function biasBefore(key: string): string | undefined {
  const [, place, norm] = /^(.*?)(bn\d|downsample\.1)\.running_mean$/.exec(key) ?? [];
  if (norm === undefined) return undefined;
  return `${place}${norm === 'downsample.1' ? 'downsample.0' : norm.replace('bn', 'conv')}.bias`;
}
