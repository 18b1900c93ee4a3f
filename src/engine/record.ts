import {FinetuneError} from '../core/errors.js';
import {tensorFlowBackend, type, type Attributes, type Binding, type NativeAttribute} from './binding.js';
import type {GraphNode} from './graph-def.js';
import type {Tensor, Variable} from './tensorflow.js';

/** A step that cannot be run again from a graph: it looked at a value, which would be the same ever after. */
export class HostReadError extends FinetuneError {
  override readonly name = 'HostReadError';
  override readonly code = 'HOST_READ';

  constructor(readonly op: string) {
    super(`Expected a recorded step to read nothing back to the host, but found a read of what ${op} gave. Read it after the step.`);
  }
}

/** What one run of a step did. */
export interface Recording<T> {
  readonly nodes: readonly GraphNode[];
  /** What the step returned. */
  readonly result: T;
  /** Names of nodes that give nothing and must run all the same: those that move a source where it lies. */
  readonly effects: readonly string[];
  /** Names of the sources that they move. */
  readonly movedInPlace: ReadonlySet<string>;
  /** `node:index` of what a tensor holds. */
  referenceOf(tensor: Tensor): string;
}

const KINDS = ['STRING', 'INT', 'FLOAT', 'BOOL', 'TYPE', 'SHAPE'] as const;

/** Attributes that TensorFlow counts by itself where an op is run at once. */
const COUNTED: Readonly<Record<string, (inputs: number) => number>> = {AddN: n => n, Pack: n => n, ConcatV2: n => n - 1};

function attributesOf(binding: Binding, op: string, given: readonly NativeAttribute[], inputs: number): Attributes {
  const known = Object.fromEntries(
    given.map(({name, type, value}) => [name, {kind: KINDS.find(kind => binding[`TF_ATTR_${kind}`] === type)!, value}]),
  );
  const count = COUNTED[op];
  return count === undefined || 'N' in known ? known : {...known, N: {kind: 'INT', value: count(inputs)}};
}

/** tfjs casts numbers to the type that they are of. */
const isNothing = (op: string, attributes: readonly NativeAttribute[]): boolean =>
  op === 'Cast' && attributes.find(({name}) => name === 'SrcT')?.value === attributes.find(({name}) => name === 'DstT')?.value;

/** Handle of a tensor; one whose values tfjs still holds back is uploaded. */
export const handleOf = (tensor: Tensor): number => tensorFlowBackend().getInputTensorIds([tensor])[0]!;

/** The place in a session behind a source of that name. */
export const stateAt = (name: string): string => `${name}/at`;

/** The recording that goes on now. */
let current: Recorder | undefined;

/** Writes down what passes through the addon, and passes it on. */
class Recorder {
  readonly nodes: GraphNode[] = [];
  readonly effects: string[] = [];
  readonly movedInPlace = new Set<string>();
  readonly #references = new Map<number, string>();
  /** Named by what made them. */
  readonly #ops = new Map<number, string>();
  readonly #sources: ReadonlyMap<Tensor, string>;
  /** While something else stands in the graph for what is run. */
  #isSuspended = false;

  constructor(
    readonly real: Binding,
    sources: ReadonlyMap<string, Tensor>,
    readonly prefix: string,
  ) {
    this.#sources = new Map([...sources].map(([name, tensor]) => [tensor, name]));
    for (const [name, tensor] of sources) this.#references.set(handleOf(tensor), `${name}:0`);
  }

  /** In place of the addon: what is not replaced here is its own. */
  binding(): Binding {
    return Object.create(this.real, {
      createTensor: {value: this.#createTensor},
      executeOp: {value: this.#executeOp},
      tensorDataSync: {value: this.#tensorDataSync},
    }) as Binding;
  }

  reference(handle: number): string {
    const found = this.#references.get(handle);
    if (found === undefined) throw new Error('Expected a recorded step to use its inputs and its state, but found another tensor.');
    return found;
  }

  /** @see inPlace */
  inPlace(op: string, attributes: Attributes, variables: readonly Variable[], inputs: readonly Tensor[], work: () => void): void {
    const places = variables.map(variable => this.#placeOf(variable as unknown as Tensor));
    const values = inputs.map(tensor => this.reference(handleOf(tensor)));
    const after = places.flatMap(({assigned}) => assigned);
    this.effects.push(this.#push(op, [...places.map(({name}) => stateAt(name)), ...values, ...after], attributes));
    for (const {name} of places) this.movedInPlace.add(name);
    this.#isSuspended = true;
    try {
      work();
    } finally {
      this.#isSuspended = false;
    }
  }

  /** Where a variable lies in the session; what the step has assigned to it before is put there first. */
  #placeOf(variable: Tensor): {readonly name: string; readonly assigned: readonly string[]} {
    const name = this.#sources.get(variable);
    if (name === undefined) throw new Error('Expected a variable that the recorded step was given, but found another.');
    const held = this.reference(handleOf(variable));
    if (held === `${name}:0`) return {name, assigned: []};
    return {name, assigned: [`^${this.#push('AssignVariableOp', [stateAt(name), held], {dtype: type('float32')})}`]};
  }

  #push(op: string, inputs: readonly string[], attributes: GraphNode['attributes']): string {
    const name = `${this.prefix}n${this.nodes.length}`;
    this.nodes.push({name, op, inputs, attributes});
    return name;
  }

  #add(op: string, inputs: readonly string[], attributes: GraphNode['attributes'], outputs: readonly number[]): void {
    const name = this.#push(op, inputs, attributes);
    outputs.forEach((handle, index) => {
      this.#references.set(handle, `${name}:${index}`);
      this.#ops.set(handle, op);
    });
  }

  #createTensor = (...[shape, dtype, values]: Parameters<Binding['createTensor']>): number => {
    const handle = this.real.createTensor(shape, dtype, values);
    if (this.#isSuspended) return handle;
    const {buffer, byteOffset, byteLength} = values as Float32Array;
    const value = {dtype, shape: [...shape], bytes: new Uint8Array(buffer, byteOffset, byteLength).slice()};
    this.#add('Const', [], {dtype: {kind: 'TYPE', value: dtype}, value: {kind: 'TENSOR', value}}, [handle]);
    return handle;
  };

  #executeOp = (...[op, attributes, inputs, outputs]: Parameters<Binding['executeOp']>): ReturnType<Binding['executeOp']> => {
    if (this.#isSuspended) return this.real.executeOp(op, attributes, inputs, outputs);
    const references = inputs.map(handle => this.reference(handle));
    const results = this.real.executeOp(op, attributes, inputs, outputs);
    const handles = results.map(({id}) => id);
    if (isNothing(op, attributes)) this.#references.set(handles[0]!, references[0]!);
    else this.#add(op, references, attributesOf(this.real, op, attributes, inputs.length), handles);
    return results;
  };

  #tensorDataSync = (handle: number): never => {
    throw new HostReadError(this.#ops.get(handle) ?? 'another step');
  };
}

/**
 * Runs a step and writes down every TensorFlow op that it runs. What JavaScript computes on the way is fixed from then on: whatever changes
 * from run to run must be an input, randomness a seed.
 * @param sources every tensor that the step takes from outside, by the name under which the nodes expect it
 * @param prefix of the nodes' names
 * @throws HostReadError for a step that reads a tensor
 */
export function record<T>(sources: ReadonlyMap<string, Tensor>, step: () => T, prefix = ''): Recording<T> {
  const backend = tensorFlowBackend();
  const recorder = new Recorder(backend.binding, sources, prefix);
  backend.binding = recorder.binding();
  current = recorder;
  try {
    const result = step();
    const {nodes, effects, movedInPlace} = recorder;
    return {nodes, effects, movedInPlace, result, referenceOf: tensor => recorder.reference(handleOf(tensor))};
  } finally {
    current = undefined;
    backend.binding = recorder.real;
  }
}

/**
 * Runs `work`, which moves variables. In a recording one op stands for it, of those that TensorFlow runs on variables where they lie: faster
 * by the passes over memory that it saves, and out of reach where ops are run one by one.
 * @param variables the op's first inputs; nothing of the step may read them afterwards
 * @param inputs the op's other inputs
 */
export function inPlace(
  op: string,
  attributes: Attributes,
  variables: readonly Variable[],
  inputs: readonly Tensor[],
  work: () => void,
): void {
  if (current === undefined) work();
  else current.inPlace(op, attributes, variables, inputs, work);
}
