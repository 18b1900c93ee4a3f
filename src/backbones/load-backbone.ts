import {FinetuneError, UsageError} from '../core/errors.js';
import type {NamedHostTensors} from '../core/host-tensor.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {random} from '../core/random.js';
import type {WeightsCard} from './cards.js';
import {toTorchvision} from './convert.js';
import {upload, type NamedWeights} from './device-weights.js';
import {provenanceOf, TORCHVISION} from './provenance.js';
import {readWeights, type WeightsFile} from './readers/read-weights.js';
import {backboneShapes, type Arch, type BackboneSpec, type LastStage} from './resnet-specs.js';

/** A ResNet without its classifier, on the device. */
export interface Backbone {
  readonly spec: BackboneSpec;
  readonly preprocessing: Preprocessing;
  readonly weights: NamedWeights;
  readonly origin: string;
}

const listing = (title: string, names: readonly string[]): string =>
  names.length === 0 ? '' : `\n${title} (${names.length}): ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ''}`;

/** A weights file that is sound but belongs to another network. Both sides' leftovers are in the sentence and in the fields. */
export class WeightsMismatchError extends FinetuneError {
  override readonly name = 'WeightsMismatchError';
  override readonly code = 'WEIGHTS_MISMATCH';

  constructor(
    readonly file: string,
    readonly spec: BackboneSpec,
    readonly missing: readonly string[],
    readonly unexpected: readonly string[],
    readonly misshapen: readonly string[],
  ) {
    const holds = stagesHeld(spec, missing);
    const remedy =
      holds > 0 && unexpected.length + misshapen.length === 0
        ? ` It holds stages 1 to ${holds}: add --last-stage ${holds}, or give a file with all stages.`
        : ' Give the --arch these weights were made for, or other --weights.';
    super(
      `Expected weights of ${spec.arch} up to stage ${spec.lastStage} in ${file}, but found another set of tensors.${remedy}` +
        listing('In the network, not in the file', missing) +
        listing('In the file, not in the network', unexpected) +
        listing('Of another shape', misshapen),
    );
  }
}

/** The last stage up to which nothing is missing; 0 where even the stem or stage 1 lack something. */
function stagesHeld(spec: BackboneSpec, missing: readonly string[]): number {
  const stages = missing.map(name => Number(/^layer([1-4])\./.exec(name)?.[1] ?? 0));
  return missing.length === 0 ? spec.lastStage : Math.max(0, Math.min(...stages) - 1);
}

/** The tensors of a backbone out of a file. Later stages and the old classifier may be in the file; they are left there. */
function pick(file: WeightsFile, spec: BackboneSpec): NamedHostTensors {
  const expected = backboneShapes(spec);
  const whole = backboneShapes({...spec, lastStage: 4});
  const missing = [...expected.keys()].filter(name => !file.tensors.has(name));
  const unexpected = [...file.tensors.keys()].filter(name => !whole.has(name) && !name.startsWith('fc.'));
  const misshapen = [...expected].flatMap(([name, shape]) => {
    const found = file.tensors.get(name)?.shape;
    return found === undefined || found.join() === shape.join() ? [] : [`${name} is [${found}], not [${shape}]`];
  });
  if (missing.length + unexpected.length + misshapen.length > 0) {
    throw new WeightsMismatchError(file.path, spec, missing, unexpected, misshapen);
  }
  return new Map([...expected.keys()].map(name => [name, file.tensors.get(name)!]));
}

/**
 * Reads a weights file and puts the backbone on the device. Nothing is uploaded unless everything fits.
 * @throws WeightsFileError when the file cannot be read, or says of itself what is not understood
 * @throws UsageError when the file says that it is of another depth
 * @throws WeightsMismatchError when it belongs to another network, or lacks a stage that was asked for
 */
export async function loadBackbone(arch: Arch, lastStage: LastStage, path: string, card?: WeightsCard): Promise<Backbone> {
  const file = toTorchvision(await readWeights(path));
  const {preprocessing, ...family} = provenanceOf(file, card);
  const spec: BackboneSpec = {arch, lastStage, ...family};
  const declared = file.metadata.arch;
  if (declared !== undefined && declared !== arch) {
    throw new UsageError(`Expected weights of ${arch} in ${path}, but found weights of ${declared}. Add --arch ${declared}.`);
  }
  return {spec, preprocessing, weights: upload(pick(file, spec)), origin: card?.name ?? path};
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

/** A backbone of random weights, for training from nothing. */
export function randomBackbone(arch: Arch, lastStage: LastStage, seed: number): Backbone {
  const {preprocessing, ...family} = TORCHVISION;
  const spec: BackboneSpec = {arch, lastStage, ...family};
  const tensors = new Map([...backboneShapes(spec)].map(([name, shape]) => [name, {shape, data: initialTensor(name, shape, seed)}]));
  return {spec, preprocessing, weights: upload(tensors), origin: 'none'};
}
