import {defineError, UsageError} from '../core/errors.js';
import {runBlocks, type Interpreter} from './forward.js';
import type {Block, Layer} from './layers.js';
import {backboneShapes, networkBlocks} from './network.js';
import {STAGES, type BackboneSpec, type LastStage} from './resnet-specs.js';

/**
 * Feature map of a stage, by its name in the literature on detectors (Lin et al., https://arxiv.org/abs/1612.03144): `c2` is the output of
 * stage 1, `c5` that of stage 4.
 */
export type TapName = `c${2 | 3 | 4 | 5}`;

const tapOf = (stage: number): TapName => `c${stage + 1}` as TapName;
const stageOf = (name: TapName): number => Number(name.slice(1)) - 1;

/** All names, of the longest network. */
export const TAP_NAMES: readonly TapName[] = STAGES.map(tapOf);

/** Names of the feature maps of a backbone, from the largest map to the smallest. */
export const tapNames = ({lastStage}: BackboneSpec): readonly TapName[] =>
  TAP_NAMES.slice(0, lastStage);

/** A place in a network where a feature map is taken. */
export interface Tap {
  readonly name: TapName;
  /** Layer that returns the map: `layer1.2.relu`. */
  readonly layer: string;
  readonly channels: number;
  /** Input pixels per pixel of the map, along one side. */
  readonly stride: number;
}

/** The blocks of a network up to its last tap. */
export interface TappedNetwork {
  /** From input to output. */
  readonly taps: readonly Tap[];
  readonly blocks: readonly Block[];
}

/** A backbone does not have a requested feature map, or none was requested. */
export class UnknownTapError extends defineError(
  UsageError,
  'UNKNOWN_FEATURE_MAP',
  ({
    network,
    found,
    known,
  }: {
    network: string;
    /** The first unknown name; undefined for an empty list. */
    found: string | undefined;
    known: readonly string[];
  }) =>
    `${found === undefined ? 'No feature map is named' : `${network} has no feature map ${found}`}. Give some of ${known.join(', ')}.`,
) {}

/**
 * Where a feature map is taken: the output of the stage's last block. In a pre-activation network that is a sum that has not been
 * normalized, so the map is taken behind the batch norm and relu that the next block begins with.
 * @returns the layer, and the index of its block
 */
function locateTap(
  blocks: readonly Block[],
  name: TapName,
): {readonly layer: Layer; readonly block: number} {
  const block = blocks.findLastIndex(({group}) => group === stageOf(name));
  const output = blocks[block]!.layers.at(-1)!;
  const [norm, relu] = blocks[block + 1]?.layers ?? [];
  return norm?.kind === 'norm' && relu?.kind === 'relu' && norm.inputs[0] === output.name
    ? {layer: relu, block: block + 1}
    : {layer: output, block};
}

/** A block up to the given layer: all of it, or its first norm and relu. */
function cutBlock(block: Block, last: Layer): Block {
  const layers = block.layers.slice(0, block.layers.indexOf(last) + 1);
  return layers.length === block.layers.length
    ? block
    : {group: block.group, layers, steps: layers};
}

/** Finds the taps of a list of blocks. @param names names that the blocks have, in any order */
export function tapBlocks(blocks: readonly Block[], names: readonly TapName[]): TappedNetwork {
  const located = TAP_NAMES.filter(name => names.includes(name)).map(name => ({
    name,
    ...locateTap(blocks, name),
  }));
  const deepest = located.at(-1)!;
  return {
    taps: located.map(({name, layer}) => ({
      name,
      layer: layer.name,
      channels: layer.channels,
      stride: layer.reduction,
    })),
    blocks: [...blocks.slice(0, deepest.block), cutBlock(blocks[deepest.block]!, deepest.layer)],
  };
}

/** Finds the taps of a backbone. @param names in any order @throws UnknownTapError (exit 2) */
export function tapNetwork(spec: BackboneSpec, names: readonly string[]): TappedNetwork {
  const known = tapNames(spec);
  const unknown = names.find(name => !known.includes(name as TapName));
  if (unknown !== undefined || names.length === 0) {
    const network = `${spec.arch} up to stage ${spec.lastStage}`;
    throw new UnknownTapError({network, found: unknown, known});
  }
  return tapBlocks(networkBlocks(spec), names as readonly TapName[]);
}

/** Layers up to the last tap, from input to output. */
export const tappedLayers = ({blocks}: TappedNetwork): readonly Layer[] =>
  blocks.flatMap(({layers}) => layers);

/** The stage of the last tap. */
export const lastTappedStage = ({taps}: TappedNetwork): LastStage =>
  stageOf(taps.at(-1)!.name) as LastStage;

/** State-dict keys of the layers up to the last tap. */
export function tappedKeys(spec: BackboneSpec, network: TappedNetwork): string[] {
  const layers = new Set(tappedLayers(network).map(({name}) => name));
  return [...backboneShapes(spec).keys()].filter(key =>
    layers.has(key.slice(0, key.lastIndexOf('.'))),
  );
}

/**
 * Runs a network up to its last tap.
 * @param x images, normalized
 * @param keep called with each map as soon as it is computed, before its block's scope ends
 * @returns the maps `[n, h, w, channels]`, from input to output
 */
export function runTaps<T>(
  interpreter: Interpreter<T>,
  {taps, blocks}: TappedNetwork,
  x: T,
  keep: (map: T) => T = map => map,
): ReadonlyMap<TapName, T> {
  const names = new Map(taps.map(({layer, name}) => [layer, name]));
  const maps = new Map<TapName, T>();
  const record = ({name}: Layer, map: T): T => {
    const tap = names.get(name);
    if (tap !== undefined) maps.set(tap, keep(map));
    return map;
  };
  // A stage ends in a relu, or in a sum where a pre-activation network is cut.
  const recorder: Interpreter<T> = {
    ...interpreter,
    relu: (layer, y) => record(layer, interpreter.relu(layer, y)),
    add: (layer, a, b) => record(layer, interpreter.add(layer, a, b)),
  };
  runBlocks(recorder, blocks, x);
  return maps;
}
