import type {Preprocessing} from '../core/preprocessing.js';
import {random} from '../core/random.js';
import type {WeightsCard} from './cards.js';
import {checkDeclared, choose, leftBehind} from './choose-backbone.js';
import {upload, type NamedWeights} from './device-weights.js';
import {tensorsOf} from './find-backbone.js';
import {provenanceOf, TORCHVISION} from './provenance.js';
import {openWeights} from './readers/read-weights.js';
import {readChecked} from './weights-values.js';
import {backboneShapes, type Arch, type BackboneSpec, type LastStage} from './resnet-specs.js';

/** A ResNet without its classifier, on the device. */
export interface Backbone {
  readonly spec: BackboneSpec;
  readonly preprocessing: Preprocessing;
  readonly weights: NamedWeights;
  readonly origin: string;
}

/**
 * Reads a weights file and puts the backbone on the device. Nothing is uploaded unless everything fits.
 * @throws WeightsFileError when the file cannot be read, or says of itself what is not understood, or holds numbers that are none
 * @throws UsageError when the file says that it is of another depth
 * @throws WeightsMismatchError when it belongs to another network, or lacks a stage that was asked for
 * @param onNotice hears, in one sentence each, of what was left in the file; of a card's file that is known
 */
export async function loadBackbone(
  arch: Arch,
  lastStage: LastStage,
  path: string,
  card?: WeightsCard,
  onNotice?: (message: string) => void,
): Promise<Backbone> {
  const file = await openWeights(path);
  try {
    checkDeclared(file, arch);
    const {candidate, others} = choose(file, arch, lastStage);
    const {preprocessing, ...family} = provenanceOf({path, metadata: {...candidate.scheme.metadata, ...file.metadata}}, card);
    const spec: BackboneSpec = {arch, lastStage, ...family};
    const tensors = await readChecked(path, tensorsOf(candidate, spec));
    if (card === undefined) leftBehind(file, candidate, others).forEach(message => onNotice?.(message));
    return {spec, preprocessing, weights: upload(tensors), origin: card?.name ?? path};
  } finally {
    await file.close();
  }
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
