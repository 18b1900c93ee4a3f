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
const AVERAGE = /(?:^|[._/-])(?:\w*ema|averages?|averaged\w*|avg|swa\w*|teacher|target\w*|\w*momentum\w*|shadow|encoder_k|key_encoder|encoder_m)(?:[._/-]|$)/i;

/** Names longer than this, or of more parts, are none of a network's. */
const MAX_NAME = 500;
const MAX_PARTS = 24;

/** Candidates that are looked at closely: those that hold the most. */
const CLOSELY = 16;

interface Found {
  readonly scheme: NamingScheme;
  readonly prefix: string;
  readonly tensors: Map<string, NamedTensor>;
  fitting: number;
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

const isShape = (found: readonly number[], wanted: readonly number[]): boolean => found.join() === wanted.join();

/** Everything that reads as part of a ResNet, by scheme and prefix. */
function candidatesOf(tensors: StoredTensors, spec: BackboneSpec): Found[] {
  const shapes = backboneShapes({...spec, lastStage: 4});
  return NAMING_SCHEMES.flatMap(scheme => {
    const keys = namesIn(scheme, spec);
    const byPrefix = new Map<string, Found>();
    for (const [name, stored] of tensors) {
      if (name.length > MAX_NAME) continue;
      const plain = name.replace(/:0$/, '');
      for (const at of partsOf(plain)) {
        const key = keys.get(plain.slice(at));
        if (key === undefined) continue;
        const prefix = plain.slice(0, at);
        const found = byPrefix.get(prefix) ?? {scheme, prefix, tensors: new Map<string, NamedTensor>(), fitting: 0};
        byPrefix.set(prefix, found);
        add(found, key, {name, tensor: scheme.channels === 'last' ? channelsFirst(stored) : stored}, shapes.get(key));
      }
    }
    return [...byPrefix.values()];
  });
}

/** Of two names for one part, the first whose shape fits is taken. */
function add(found: Found, key: string, named: NamedTensor, shape: readonly number[] | undefined): void {
  const fits = shape !== undefined && isShape(named.tensor.shape, shape);
  const before = found.tensors.get(key);
  if (before !== undefined && !(fits && !isShape(before.tensor.shape, shape))) return;
  found.tensors.set(key, named);
  if (fits) found.fitting++;
}

/** Names inside the stages of a candidate that stand for nothing in its network. A counter of batches, of whatever type, is no weight. */
function foreignNames({scheme, prefix, tensors}: Found, names: Iterable<string>, keys: ReadonlyMap<string, string>): string[] {
  const stages = stagePrefixes(scheme).map(stage => prefix + stage);
  const known = new Set([...tensors.values()].map(({name}) => name));
  return [...names].filter(
    name =>
      !known.has(name) &&
      stages.some(stage => name.startsWith(stage)) &&
      !name.endsWith('num_batches_tracked') &&
      !keys.has(name.slice(prefix.length).replace(/:0$/, '')),
  );
}

function examined(found: Found, all: StoredTensors, spec: BackboneSpec): Candidate {
  const wanted = backboneShapes(spec);
  const misshapen = [...wanted].filter(([key, shape]) => {
    const named = found.tensors.get(key);
    return named !== undefined && !isShape(named.tensor.shape, shape);
  });
  return {
    scheme: found.scheme,
    prefix: found.prefix,
    tensors: found.tensors,
    missing: [...wanted.keys()].filter(key => !found.tensors.has(key)),
    misshapen: misshapen.map(([key]) => key),
    foreign: foreignNames(found, all.keys(), namesIn(found.scheme, spec)),
  };
}

/** How much of the wanted backbone is there, less what is there of another. */
const held = (candidate: Candidate, wanted: number): number =>
  wanted - candidate.missing.length - candidate.misshapen.length - candidate.foreign.length;

const depthOf = (prefix: string): number => prefix.split(/[./]/).length;

/**
 * The candidates in a file, best first: those that hold the most of the backbone, plain weights before averages, then those that lie
 * least deep, then by their order in the file.
 */
export function findBackbones(tensors: StoredTensors, spec: BackboneSpec): Candidate[] {
  const wanted = backboneShapes(spec).size;
  const promising = candidatesOf(tensors, spec).sort((a, b) => b.fitting - a.fitting || b.tensors.size - a.tensors.size);
  return promising
    .slice(0, CLOSELY)
    .map(found => examined(found, tensors, spec))
    .sort(
      (a, b) =>
        held(b, wanted) - held(a, wanted) ||
        Number(AVERAGE.test(a.prefix)) - Number(AVERAGE.test(b.prefix)) ||
        depthOf(a.prefix) - depthOf(b.prefix),
    );
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
