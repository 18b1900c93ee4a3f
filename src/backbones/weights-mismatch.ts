import {FinetuneError} from '../core/errors.js';
import {nearest} from '../core/nearest.js';
import {isWhole, type BackboneSearch, type Candidate} from './find-backbone.js';
import {otherKind} from './other-kinds.js';
import {shortened} from './readers/malformed.js';
import type {StoredTensors} from './readers/weights-file.js';
import {ARCHS, backboneShapes, type Arch, type BackboneSpec, type LastStage} from './resnet-specs.js';

/** A weights file that is sound but does not hold the backbone that was asked for. What it lacks is in the sentence and in the fields. */
export class WeightsMismatchError extends FinetuneError {
  override readonly name = 'WeightsMismatchError';
  override readonly code = 'WEIGHTS_MISMATCH';

  constructor(
    readonly file: string,
    readonly spec: BackboneSpec,
    /** Torchvision's names of what the file does not hold. */
    readonly missing: readonly string[],
    /** The file's names of what lies among the backbone's layers and is none of its. */
    readonly unexpected: readonly string[],
    /** Torchvision's names, with both shapes. */
    readonly misshapen: readonly string[],
    sentence: string,
  ) {
    super(`${file} ${sentence}`);
  }
}

/** A file without this share of the names is no damaged ResNet, but something else in which a few names are alike. */
const ALMOST_ALL = 0.9;

/** The error for a file in which no candidate is whole. */
export function mismatch(path: string, tensors: StoredTensors, spec: BackboneSpec, search: BackboneSearch): WeightsMismatchError {
  const [best] = search.candidates(spec);
  const wanted = backboneShapes(spec);
  const {missing = [...wanted.keys()], foreign = [], misshapen: keys = []} = best ?? {};
  const misshapen = keys.map(key => `${key} is ${sides(best!.tensors.get(key)!.tensor.shape)}, not ${sides(wanted.get(key)!)}`);
  const found = best === undefined || missing.length > ALMOST_ALL * wanted.size ? undefined : {best, missing, misshapen, foreign};
  const sentence =
    sentenceOfAnother(search, spec) ?? (found === undefined ? nothingFound(tensors, spec) : sentenceOfFaults(tensors, spec, found));
  return new WeightsMismatchError(path, spec, missing, foreign, misshapen, sentence);
}

const sides = (shape: readonly number[]): string => (shape.length === 0 ? 'a single number' : shape.join(' x '));

const listed = (names: readonly string[], most = 3): string =>
  names
    .slice(0, most)
    .map(name => shortened(name, 120))
    .join(', ') + (names.length > most ? ', ...' : '');

interface Faults {
  readonly best: Candidate;
  readonly missing: readonly string[];
  readonly misshapen: readonly string[];
  readonly foreign: readonly string[];
}

function sentenceOfFaults(tensors: StoredTensors, spec: BackboneSpec, found: Faults): string {
  const lacks = found.missing.length + found.misshapen.length > 0;
  const what = lacks ? `does not hold a whole ${spec.arch}` : `holds another network than a ${spec.arch}`;
  return `${what}: ${faults(tensors, spec, found)}. ${otherKind(tensors, found.best)}Give weights of a ${spec.arch}.`;
}

function faults(tensors: StoredTensors, spec: BackboneSpec, {best, missing, misshapen, foreign}: Faults): string {
  const total = backboneShapes(spec).size;
  const told = [
    {names: missing, one: `of its ${total} tensors is missing`, more: `of its ${total} tensors are missing`},
    {names: misshapen, one: 'tensor has another shape', more: 'tensors have another shape'},
    {names: foreign, one: 'tensor inside its stages does not belong to it', more: 'tensors inside its stages do not belong to it'},
  ];
  return told
    .filter(({names}) => names.length > 0)
    .map(({names, one, more}) => {
      const hint = names === missing ? closest(tensors, best, missing) : '';
      return `${names.length} ${names.length === 1 ? one : more} (${listed(names)}${hint})`;
    })
    .join('; ');
}

/** Names to compare with, at most: a file may have any number. */
const COMPARED = 2000;

/** What is called most like the first that is missing, among the names that stand for nothing. */
function closest(tensors: StoredTensors, {tensors: taken, prefix}: Candidate, missing: readonly string[]): string {
  const known = new Set([...taken.values()].map(({name}) => name));
  const unknown = [...tensors.keys()].filter(name => !known.has(name) && name.length < 120).slice(0, COMPARED);
  const found = nearest(prefix + missing[0]!, unknown);
  return found === undefined ? '' : `; the nearest name in the file is ${shortened(found)}`;
}

function nothingFound(tensors: StoredTensors, spec: BackboneSpec): string {
  const names = [...tensors.keys()];
  const kind = otherKind(tensors, undefined);
  return (
    `holds no ResNet: none of its ${names.length} tensors (${listed(names)}) is called as one of ${spec.arch}'s ` +
    `(${listed([...backboneShapes(spec).keys()])}). ${kind}Give weights of a ${spec.arch}.`
  );
}

/** The last stage up to which everything is there, where nothing at all is there of later ones; 0 where that is not so. */
function stagesHeld(search: BackboneSearch, spec: BackboneSpec): 0 | LastStage {
  for (const lastStage of [4, 3, 2, 1] as const) {
    const [best] = search.candidates({...spec, lastStage});
    const later = [...(best?.tensors.keys() ?? [])].some(key => Number(/^layer(\d)/.exec(key)?.[1] ?? 0) > lastStage);
    if (best !== undefined && isWhole(best) && !later) return lastStage;
  }
  return 0;
}

/** Of a file that holds another depth of the family, or its first stages only: what to add. */
function sentenceOfAnother(search: BackboneSearch, spec: BackboneSpec): string | undefined {
  const held = new Map<Arch, 0 | LastStage>(ARCHS.map(arch => [arch, stagesHeld(search, {...spec, arch})]));
  const most = Math.max(...held.values());
  if (most === 0) return undefined;
  const isOwn = held.get(spec.arch) === most;
  const arch = isOwn ? spec.arch : [...held].find(([, stages]) => stages === most)![0];
  const cut = most < spec.lastStage;
  if (isOwn && !cut) return undefined;
  const stages = most === 1 ? 'only stage 1' : `only stages 1 to ${most}`;
  if (!cut) return `holds a ${arch}, not a ${spec.arch}. Add --arch ${arch}.`;
  const add = isOwn ? `--last-stage ${most}` : `--arch ${arch} --last-stage ${most}`;
  return `holds ${stages} of a ${arch}, where ${spec.arch} up to stage ${spec.lastStage} is wanted. Add ${add}, or give a file with all stages.`;
}
