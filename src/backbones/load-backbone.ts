import {UsageError} from '../core/errors.js';
import type {StateDict} from '../core/state-dict.js';
import {createRng} from '../core/rng.js';
import type {PretrainedWeights} from './pretrained/pretrained.js';
import {
  checkDeclaredArch,
  chooseBackbone,
  describeIgnoredTensors,
} from './weights/choose-backbone.js';
import {toDevice, type Backbone} from './parameters.js';
import {collectBackboneTensors, type SourceTensor} from './weights/backbone-search.js';
import type {LocatedWeights} from './pretrained/locate-weights.js';
import {publishedMetadata, readWeightsMetadata} from './weights/weights-metadata.js';
import {openWeights, type OpenWeights} from './readers/read-weights.js';
import {readFiniteTensors} from './weights/weights-values.js';
import {backboneShapes} from './network.js';
import {stageCount, type Arch, type BackboneSpec, type LastStage} from './resnet-specs.js';

/** A backbone before its weights are uploaded. */
type CpuBackbone = Omit<Backbone, 'weights'> & {readonly tensors: StateDict};

export interface LoadBackboneOptions {
  /** Called with a message about unused tensors in the file. Not called for a pretrained-weights entry, whose file is known. */
  readonly onInfo?: (message: string) => void;
  /** Starting weights of the run, if the file is one of its checkpoints. */
  readonly base?: LocatedWeights['base'];
}

/**
 * Reads a weights file and uploads the backbone to the device. Nothing is uploaded unless every tensor fits.
 * @throws WeightsFileError if the file cannot be read, its metadata is not understood, or it holds invalid numbers
 * @throws UsageError if the metadata names another architecture
 * @throws WeightsMismatchError if the file belongs to another network, or lacks a requested stage
 */
export async function loadBackbone(
  arch: Arch,
  lastStage: LastStage,
  path: string,
  pretrained?: PretrainedWeights,
  options: LoadBackboneOptions = {},
): Promise<Backbone> {
  const {tensors, ...cpuBackbone} = await readBackbone(arch, lastStage, path, pretrained, options);
  return {...cpuBackbone, weights: toDevice(tensors)};
}

async function readBackbone(
  arch: Arch,
  lastStage: LastStage,
  path: string,
  pretrained?: PretrainedWeights,
  options: LoadBackboneOptions = {},
): Promise<CpuBackbone> {
  const {onInfo, base} = options;
  const file = await openWeights(path);
  try {
    if (base !== undefined) return await readBackboneCheckpoint(arch, lastStage, file, base);
    checkDeclaredArch(file, arch);
    const {candidate, others} = chooseBackbone(file, arch, lastStage);
    const {preprocessing, ...variant} = readWeightsMetadata(
      {path, metadata: {...candidate.scheme.metadata, ...file.metadata}},
      arch,
      pretrained,
    );
    const spec: BackboneSpec = {arch, lastStage, ...variant};
    const tensors = await readFiniteTensors(path, collectBackboneTensors(candidate, spec));
    if (pretrained === undefined)
      describeIgnoredTensors(file, candidate, others).forEach(message => onInfo?.(message));
    return {spec, preprocessing, tensors, origin: pretrained?.name ?? path};
  } finally {
    await file.close();
  }
}

/** Reads the starting weights of a run, and replaces those that its checkpoint holds. */
async function readBackboneCheckpoint(
  arch: Arch,
  lastStage: LastStage,
  {path, tensors: stored}: OpenWeights,
  {runOrigin: beginning, located}: NonNullable<LoadBackboneOptions['base']>,
): Promise<CpuBackbone> {
  if (beginning.arch !== arch || beginning.lastStage < lastStage) {
    const has = `--arch ${beginning.arch}${beginning.lastStage < stageCount(beginning.arch) ? ` --last-stage ${beginning.lastStage}` : ''}`;
    throw new UsageError(
      `${path} is a checkpoint of a ${beginning.arch} up to stage ${beginning.lastStage}. Add ${has}.`,
    );
  }
  const baseBackbone =
    located === undefined
      ? randomCpuBackbone(arch, lastStage, beginning.seed)
      : await readBackbone(
          arch,
          lastStage,
          located.path,
          located.pretrained,
          located.base && {base: located.base},
        );
  const trained = [...backboneShapes(baseBackbone.spec)].flatMap(
    ([name, shape]): [string, SourceTensor][] => {
      const tensor = stored.get(name);
      return tensor !== undefined && tensor.shape.join() === shape.join()
        ? [[name, {name, tensor}]]
        : [];
    },
  );
  return {
    ...baseBackbone,
    tensors: new Map([
      ...baseBackbone.tensors,
      ...(await readFiniteTensors(path, new Map(trained))),
    ]),
    origin: path,
  };
}

/** He initialization with fan-out, as in torchvision's ResNet.__init__. Batch norms start as the identity. */
function initializeTensor(name: string, shape: readonly number[], seed: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1)
    return new Float32Array(size).fill(
      name.endsWith('.weight') || name.endsWith('.running_var') ? 1 : 0,
    );
  const [out, , height, width] = shape as [number, number, number, number];
  const std = Math.sqrt(2 / (out * height * width));
  const stream = createRng(seed, 'initial', name);
  return Float32Array.from({length: size}, () => std * stream.normal());
}

function randomCpuBackbone(arch: Arch, lastStage: LastStage, seed: number): CpuBackbone {
  const {preprocessing, ...variant} = publishedMetadata(arch);
  const spec: BackboneSpec = {arch, lastStage, ...variant};
  const tensors = new Map(
    [...backboneShapes(spec)].map(([name, shape]) => [
      name,
      {shape, data: initializeTensor(name, shape, seed)},
    ]),
  );
  return {spec, preprocessing, tensors, origin: 'none'};
}

/** Creates a backbone with random weights, for training from scratch. */
export function createRandomBackbone(arch: Arch, lastStage: LastStage, seed: number): Backbone {
  const {tensors, ...cpuBackbone} = randomCpuBackbone(arch, lastStage, seed);
  return {...cpuBackbone, weights: toDevice(tensors)};
}
