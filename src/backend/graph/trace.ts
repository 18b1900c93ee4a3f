import {defineError, FinetuneError} from '../../core/errors.js';
import {nodeKernelBackend, type, type OpAttributes, type Binding} from './binding.js';
import type {GraphNode} from './graph-def.js';
import {attributesOf, isNoOpCast} from './op-attributes.js';
import type {Tensor, Variable} from '../tensorflow.js';

/** A step read a tensor's value while being traced. The value would be frozen in the graph. */
export class HostReadError extends defineError(
  FinetuneError,
  'HOST_READ_IN_GRAPH',
  ({op}: {op: string}) =>
    `The result of ${op} is read back to the host inside a traced step. Read it after the step.`,
) {}

/** Result of tracing a step once. */
export interface Trace<T> {
  readonly nodes: readonly GraphNode[];
  /** Return value of the step. */
  readonly result: T;
  /** Names of nodes without outputs that must still run: the in-place updates of sources. */
  readonly sideEffects: readonly string[];
  /** Names of the sources that these nodes update. */
  readonly updatedInPlace: ReadonlySet<string>;
  /** `node:index` of a tensor in the graph. */
  referenceOf(tensor: Tensor): string;
}

/** Handle of a tensor. Values that tfjs has not uploaded yet are uploaded. */
export const handleOf = (tensor: Tensor): number =>
  nodeKernelBackend().getInputTensorIds([tensor])[0]!;

/** Name of the session variable that holds a source. */
export const variableHandleName = (name: string): string => `${name}/at`;

let activeTracer: Tracer | undefined;

/** Records the calls to the addon and forwards them. */
class Tracer {
  readonly nodes: GraphNode[] = [];
  readonly sideEffects: string[] = [];
  readonly updatedInPlace = new Set<string>();
  readonly #references = new Map<number, string>();
  /** The op that created each handle. */
  readonly #ops = new Map<number, string>();
  readonly #sources: ReadonlyMap<Tensor, string>;
  /** Set while ops run that another node replaces in the graph. */
  #isSuspended = false;

  constructor(
    readonly originalBinding: Binding,
    sources: ReadonlyMap<string, Tensor>,
    readonly prefix: string,
  ) {
    this.#sources = new Map([...sources].map(([name, tensor]) => [tensor, name]));
    for (const [name, tensor] of sources) this.#references.set(handleOf(tensor), `${name}:0`);
  }

  /** A binding that replaces the addon's. Methods that are not overridden here are inherited. */
  binding(): Binding {
    return Object.create(this.originalBinding, {
      createTensor: {value: this.#createTensor},
      executeOp: {value: this.#executeOp},
      tensorDataSync: {value: this.#tensorDataSync},
    }) as Binding;
  }

  reference(handle: number): string {
    const found = this.#references.get(handle);
    if (found === undefined)
      throw new Error('A traced step uses a tensor that is neither its input nor its state.');
    return found;
  }

  /** @see updateInPlace */
  updateInPlace(
    op: string,
    attributes: OpAttributes,
    variables: readonly Variable[],
    inputs: readonly Tensor[],
    update: () => void,
  ): void {
    const targets = variables.map(variable => this.#targetOf(variable as unknown as Tensor));
    const values = inputs.map(tensor => this.reference(handleOf(tensor)));
    const after = targets.flatMap(({assignments}) => assignments);
    this.sideEffects.push(
      this.#push(
        op,
        [...targets.map(({name}) => variableHandleName(name)), ...values, ...after],
        attributes,
      ),
    );
    for (const {name} of targets) this.updatedInPlace.add(name);
    this.#isSuspended = true;
    try {
      update();
    } finally {
      this.#isSuspended = false;
    }
  }

  /** The session variable behind a variable. If the step has already assigned a value to it, an assignment is added first. */
  #targetOf(variable: Tensor): {readonly name: string; readonly assignments: readonly string[]} {
    const name = this.#sources.get(variable);
    if (name === undefined)
      throw new Error('A traced step assigns a variable that it was not given.');
    const valueName = this.reference(handleOf(variable));
    if (valueName === `${name}:0`) return {name, assignments: []};
    return {
      name,
      assignments: [
        `^${this.#push('AssignVariableOp', [variableHandleName(name), valueName], {dtype: type('float32')})}`,
      ],
    };
  }

  #push(op: string, inputs: readonly string[], attributes: GraphNode['attributes']): string {
    const name = `${this.prefix}n${this.nodes.length}`;
    this.nodes.push({name, op, inputs, attributes});
    return name;
  }

  #add(
    op: string,
    inputs: readonly string[],
    attributes: GraphNode['attributes'],
    outputs: readonly number[],
  ): void {
    const name = this.#push(op, inputs, attributes);
    outputs.forEach((handle, index) => {
      this.#references.set(handle, `${name}:${index}`);
      this.#ops.set(handle, op);
    });
  }

  #createTensor = (...[shape, dtype, values]: Parameters<Binding['createTensor']>): number => {
    const handle = this.originalBinding.createTensor(shape, dtype, values);
    if (this.#isSuspended) return handle;
    const {buffer, byteOffset, byteLength} = values as Float32Array;
    const value = {
      dtype,
      shape: [...shape],
      bytes: new Uint8Array(buffer, byteOffset, byteLength).slice(),
    };
    this.#add('Const', [], {dtype: {kind: 'TYPE', value: dtype}, value: {kind: 'TENSOR', value}}, [
      handle,
    ]);
    return handle;
  };

  #executeOp = (
    ...[op, attributes, inputs, outputs]: Parameters<Binding['executeOp']>
  ): ReturnType<Binding['executeOp']> => {
    if (this.#isSuspended) return this.originalBinding.executeOp(op, attributes, inputs, outputs);
    const references = inputs.map(handle => this.reference(handle));
    const results = this.originalBinding.executeOp(op, attributes, inputs, outputs);
    const handles = results.map(({id}) => id);
    if (isNoOpCast(op, attributes)) this.#references.set(handles[0]!, references[0]!);
    else
      this.#add(
        op,
        references,
        attributesOf(this.originalBinding, op, attributes, inputs.length),
        handles,
      );
    return results;
  };

  #tensorDataSync = (handle: number): never => {
    throw new HostReadError({op: this.#ops.get(handle) ?? 'another step'});
  };
}

/**
 * Runs a step and records every TensorFlow op that it runs. Values that JavaScript computes are constants in the trace: whatever changes
 * between runs must be an input, and randomness a seed.
 * @param sources every tensor that the step reads from outside, by the name that the nodes use
 * @param prefix name prefix of the nodes
 * @throws HostReadError if the step reads a tensor
 */
export function trace<T>(
  sources: ReadonlyMap<string, Tensor>,
  step: () => T,
  prefix = '',
): Trace<T> {
  const kernelBackend = nodeKernelBackend();
  const tracer = new Tracer(kernelBackend.binding, sources, prefix);
  kernelBackend.binding = tracer.binding();
  activeTracer = tracer;
  try {
    const result = step();
    const {nodes, sideEffects, updatedInPlace} = tracer;
    return {
      nodes,
      sideEffects,
      updatedInPlace,
      result,
      referenceOf: tensor => tracer.reference(handleOf(tensor)),
    };
  } finally {
    activeTracer = undefined;
    kernelBackend.binding = tracer.originalBinding;
  }
}

/**
 * Runs `update`, which assigns variables. In a trace, one of TensorFlow's in-place ops replaces it. That op saves passes over memory, but
 * is not available to eager execution.
 * @param variables the op's first inputs; the step must not read them afterwards
 * @param inputs the op's other inputs
 */
export function updateInPlace(
  op: string,
  attributes: OpAttributes,
  variables: readonly Variable[],
  inputs: readonly Tensor[],
  update: () => void,
): void {
  if (activeTracer === undefined) update();
  else activeTracer.updateInPlace(op, attributes, variables, inputs, update);
}
