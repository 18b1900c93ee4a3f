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

/** A tensor that is fed. @param sizes -1 for a dimension that may be anything */
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

/** A value under a name of its own. @param after names of nodes that must have run before it is given */
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

/** Gives a value of the session another content. */
export const assignNode = (name: string, state: string, value: string): GraphNode => ({
  name,
  op: 'AssignVariableOp',
  inputs: [variableHandleName(state), value],
  attributes: {dtype: FLOAT},
});

const initialValueName = (state: string): string => `${state}/value`;

/** A float32 value that stays in the session; nodes read it under its name. */
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

/** All of the state, and a node that gives it its first values. */
function stateGraph(state: ReadonlyMap<string, Tensor>): GraphNode[] {
  const names = [...state.keys()];
  const nodes = [...state].flatMap(([name, value]) => stateNodes(name, value));
  // Only what has an output can be asked for.
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

/** Loads a graph through a file, the only way that the addon knows. */
function loadGraph(nodes: readonly GraphNode[]): number {
  const directory = mkdtempSync(join(tmpdir(), 'finetune-graph-'));
  try {
    writeGraph(join(directory, 'saved_model.pb'), nodes);
    return nodeKernelBackend().binding.loadSavedModel(directory, SERVING_TAG);
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}

/** A graph that TensorFlow holds, with values that stay in it between runs. Whoever makes it closes it. */
export class Session {
  readonly #id: number;

  /** @param state values of the session by the names under which nodes read them; copied now */
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
   * What nodes give, once what they stand on has run. The tensors belong to the enclosing `tf.tidy`. The first time that a set of nodes is
   * asked for TensorFlow prepares the graph for it, which takes longer than many a run: better ask for all at once.
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
