import {UsageError} from '../core/errors.js';
import type {NamedHostTensors} from '../core/host-tensor.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {random} from '../core/random.js';
import type {WeightsCard} from './cards.js';
import {checkDeclared, choose, leftBehind} from './choose-backbone.js';
import {upload, type NamedWeights} from './device-weights.js';
import {tensorsOf, type NamedTensor} from './find-backbone.js';
import type {LocatedWeights} from './locate-weights.js';
import {provenanceOf, TORCHVISION} from './provenance.js';
import {openWeights, type OpenWeights} from './readers/read-weights.js';
import {readChecked} from './weights-values.js';
import {backboneShapes, type Arch, type BackboneSpec, type LastStage} from './resnet-specs.js';

/** A ResNet without its classifier, on the device. */
export interface Backbone {
  readonly spec: BackboneSpec;
  readonly preprocessing: Preprocessing;
  readonly weights: NamedWeights;
  readonly origin: string;
}

/** A backbone before it is uploaded. */
type Host = Omit<Backbone, 'weights'> & {readonly tensors: NamedHostTensors};

export interface LoadOptions {
  /** Hears, in one sentence each, of what was left in the file; of a card's file that is known. */
  readonly onNotice?: (message: string) => void;
  /** What the run began with of which the file is a checkpoint. */
  readonly base?: LocatedWeights['base'];
}

/**
 * Reads a weights file and puts the backbone on the device. Nothing is uploaded unless everything fits.
 * @throws WeightsFileError when the file cannot be read, or says of itself what is not understood, or holds numbers that are none
 * @throws UsageError when the file says that it is of another depth
 * @throws WeightsMismatchError when it belongs to another network, or lacks a stage that was asked for
 */
export async function loadBackbone(
  arch: Arch,
  lastStage: LastStage,
  path: string,
  card?: WeightsCard,
  options: LoadOptions = {},
): Promise<Backbone> {
  const {tensors, ...host} = await readBackbone(arch, lastStage, path, card, options);
  return {...host, weights: upload(tensors)};
}

async function readBackbone(arch: Arch, lastStage: LastStage, path: string, card?: WeightsCard, options: LoadOptions = {}): Promise<Host> {
  const {onNotice, base} = options;
  const file = await openWeights(path);
  try {
    if (base !== undefined) return await readCheckpoint(arch, lastStage, file, base);
    checkDeclared(file, arch);
    const {candidate, others} = choose(file, arch, lastStage);
    const {preprocessing, ...family} = provenanceOf({path, metadata: {...candidate.scheme.metadata, ...file.metadata}}, card);
    const spec: BackboneSpec = {arch, lastStage, ...family};
    const tensors = await readChecked(path, tensorsOf(candidate, spec));
    if (card === undefined) leftBehind(file, candidate, others).forEach(message => onNotice?.(message));
    return {spec, preprocessing, tensors, origin: card?.name ?? path};
  } finally {
    await file.close();
  }
}

/** What a run began with, and over it what its checkpoint holds of the backbone. */
async function readCheckpoint(
  arch: Arch,
  lastStage: LastStage,
  {path, tensors: stored}: OpenWeights,
  {beginning, located}: NonNullable<LoadOptions['base']>,
): Promise<Host> {
  if (beginning.arch !== arch || beginning.lastStage < lastStage) {
    const has = `--arch ${beginning.arch}${beginning.lastStage < 4 ? ` --last-stage ${beginning.lastStage}` : ''}`;
    throw new UsageError(`${path} is a checkpoint of a ${beginning.arch} up to stage ${beginning.lastStage}. Add ${has}.`);
  }
  const began =
    located === undefined
      ? randomHost(arch, lastStage, beginning.seed)
      : await readBackbone(arch, lastStage, located.path, located.card, located.base && {base: located.base});
  const trained = [...backboneShapes(began.spec)].flatMap(([name, shape]): [string, NamedTensor][] => {
    const tensor = stored.get(name);
    return tensor !== undefined && tensor.shape.join() === shape.join() ? [[name, {name, tensor}]] : [];
  });
  return {...began, tensors: new Map([...began.tensors, ...(await readChecked(path, new Map(trained)))]), origin: path};
}

/** He initialisation with fan-out, as torchvision's ResNet.__init__; batch norms start as the identity. */
function initialTensor(name: string, shape: readonly number[], seed: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(size).fill(name.endsWith('.weight') || name.endsWith('.running_var') ? 1 : 0);
  const [out, , height, width] = shape as [number, number, number, number];
  const deviation = Math.sqrt(2 / (out * height * width));
  const stream = random(seed, 'initial', name);
  return Float32Array.from({length: size}, () => deviation * stream.normal());
}

function randomHost(arch: Arch, lastStage: LastStage, seed: number): Host {
  const {preprocessing, ...family} = TORCHVISION;
  const spec: BackboneSpec = {arch, lastStage, ...family};
  const tensors = new Map([...backboneShapes(spec)].map(([name, shape]) => [name, {shape, data: initialTensor(name, shape, seed)}]));
  return {spec, preprocessing, tensors, origin: 'none'};
}

/** A backbone of random weights, for training from nothing. */
export function randomBackbone(arch: Arch, lastStage: LastStage, seed: number): Backbone {
  const {tensors, ...host} = randomHost(arch, lastStage, seed);
  return {...host, weights: upload(tensors)};
}
