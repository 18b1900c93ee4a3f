import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {withErrorPath} from '../../core/files/atomic-write.js';
import {shape, string, nodeKernelBackend, TF_DATA_TYPES, type OpAttribute} from './binding.js';
import {encodeSavedModel, SERVING_TAG, type GraphNode} from './graph-def.js';
import {tfDataTypeOf} from '../ops/pixels.js';
import {handleOf, variableHandleName} from './trace.js';
import {tf, type Tensor} from '../tensorflow.js';

const typeOf = (dtype: number): OpAttribute => ({kind: 'TYPE', value: dtype});
const FLOAT = typeOf(TF_DATA_TYPES.float32);

/** A node for a fed tensor. @param sizes -1 for an unknown dimension */
export const placeholderNode = (
  name: string,
  tensor: Tensor,
  sizes: readonly number[],
): GraphNode => ({
  name,
  op: 'Placeholder',
  inputs: [],
  attributes: {dtype: typeOf(TF_DATA_TYPES[tfDataTypeOf(tensor)]), shape: shape(sizes)},
});

/** A named alias of a value. @param after names of nodes that must run before it */
export const identityNode = (
  name: string,
  of: string,
  after: readonly string[] = [],
): GraphNode => ({
  name,
  op: 'Identity',
  inputs: [of, ...after.map(node => `^${node}`)],
  attributes: {T: FLOAT},
});

/** Assigns a value to a variable of the session. */
export const assignNode = (name: string, state: string, value: string): GraphNode => ({
  name,
  op: 'AssignVariableOp',
  inputs: [variableHandleName(state), value],
  attributes: {dtype: FLOAT},
});

const initialValueName = (state: string): string => `${state}/value`;

/** A float32 variable of the session; nodes read it by its name. */
const stateNodes = (name: string, value: Tensor): GraphNode[] => [
  {
    name: variableHandleName(name),
    op: 'VarHandleOp',
    inputs: [],
    attributes: {
      dtype: FLOAT,
      shape: shape(value.shape),
      shared_name: string(name),
      container: string(''),
    },
  },
  {name, op: 'ReadVariableOp', inputs: [variableHandleName(name)], attributes: {dtype: FLOAT}},
  placeholderNode(initialValueName(name), value, value.shape),
  assignNode(`${name}/assign`, name, initialValueName(name)),
];

const INITIALIZER = 'initial-values';

/** The variables of a session, and a node that initializes them all. */
function stateGraph(state: ReadonlyMap<string, Tensor>): GraphNode[] {
  const names = [...state.keys()];
  const nodes = [...state].flatMap(([name, value]) => stateNodes(name, value));
  // Only a node with an output can be fetched.
  const set = names.slice(0, 1).map(name =>
    identityNode(
      INITIALIZER,
      initialValueName(name),
      names.map(stateName => `${stateName}/assign`),
    ),
  );
  return [...nodes, ...set];
}

function writeGraph(path: string, nodes: readonly GraphNode[]): void {
  try {
    writeFileSync(path, encodeSavedModel(nodes));
  } catch (error) {
    throw withErrorPath(error, path);
  }
}

/** Loads a graph through a file: the addon has no other way. */
function loadGraph(nodes: readonly GraphNode[]): number {
  const directory = mkdtempSync(join(tmpdir(), 'finetune-graph-'));
  try {
    writeGraph(join(directory, 'saved_model.pb'), nodes);
    return nodeKernelBackend().binding.loadSavedModel(directory, SERVING_TAG);
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}

/** A graph loaded into TensorFlow, with variables that persist between runs. The caller closes it. */
export class Session {
  readonly #id: number;

  /** @param state initial values of the variables, by the name that nodes read; copied now */
  constructor(nodes: readonly GraphNode[], state: ReadonlyMap<string, Tensor>) {
    this.#id = loadGraph([...stateGraph(state), ...nodes]);
    if (state.size > 0)
      tf.dispose(
        this.run(new Map([...state].map(([name, value]) => [initialValueName(name), value])), [
          INITIALIZER,
        ]),
      );
  }

  /**
   * Runs nodes and returns their outputs. The tensors belong to the enclosing `tf.tidy`. TensorFlow prepares the graph for each new set of
   * nodes, which takes longer than many runs: fetch all of them in one call.
   */
  run(feeds: ReadonlyMap<string, Tensor>, nodes: readonly string[]): Tensor[] {
    const outputsOf = (names: Iterable<string>): string =>
      [...names].map(name => `${name}:0`).join();
    const kernelBackend = nodeKernelBackend();
    const handles = [...feeds.values()].map(handleOf);
    const outputs = kernelBackend.binding.runSavedModel(
      this.#id,
      handles,
      outputsOf(feeds.keys()),
      outputsOf(nodes),
    );
    return outputs.map(metadata => kernelBackend.createOutputTensor(metadata));
  }

  close(): void {
    nodeKernelBackend().binding.deleteSavedModel(this.#id);
  }
}
