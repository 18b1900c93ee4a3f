import {isTensorFlow} from './binding.js';
import type {GraphNode} from './graph-def.js';
import {record} from './record.js';
import {assignment, placeholder, result, Session} from './session.js';
import {tf, type Scalar, type Tensor, type Variable} from './tensorflow.js';

/** A step recorded on inputs of certain shapes: one entry to the graph. */
interface Entry {
  readonly nodes: readonly GraphNode[];
  /** Prefix of its nodes' names. */
  readonly prefix: string;
}

const kindOf = (inputs: ReadonlyMap<string, Tensor>): string =>
  [...inputs.values()].map(({dtype, shape}) => `${dtype}[${shape.join()}]`).join();

const prefixed = (inputs: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> =>
  new Map([...inputs].map(([name, tensor]) => [`${prefix}${name}`, tensor]));

/**
 * A step that moves variables, run over and over. On TensorFlow it is recorded at its first run, and from the second on it is one graph
 * whose variables live in a session; `sync` brings them back. Inputs of other shapes (a last, shorter batch) are recorded into the same
 * graph. Elsewhere the step is run as it is.
 */
export class RecordedStep {
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #entries = new Map<string, Entry>();
  #session: Session | undefined;
  /** Whether the variables in the session have moved since they were brought back. */
  #ahead = false;

  /** @param variables all that the step reads or moves beside its inputs, float32 */
  constructor(variables: ReadonlyMap<string, Variable>) {
    this.#variables = variables;
  }

  /**
   * @param inputs all that changes from run to run
   * @param step the same at every call; run only where it is not known yet
   * @throws HostReadError for a step that reads a tensor
   */
  run(inputs: ReadonlyMap<string, Tensor>, step: () => Scalar): Scalar {
    if (!isTensorFlow()) return step();
    const entry = this.#entries.get(kindOf(inputs));
    if (entry === undefined) return this.#record(inputs, step);
    this.#session ??= new Session(
      [...this.#entries.values()].flatMap(({nodes}) => nodes),
      this.#variables as ReadonlyMap<string, Tensor>,
    );
    this.#ahead = true;
    return this.#session.run(prefixed(inputs, entry.prefix), [`${entry.prefix}result`])[0] as Scalar;
  }

  /** Gives the variables the values that the session has come to. */
  sync(): void {
    if (!this.#ahead) return;
    const values = this.#session!.run(new Map(), [...this.#variables.keys()]);
    [...this.#variables.values()].forEach((variable, i) => variable.assign(values[i]!));
    tf.dispose(values);
    this.#ahead = false;
  }

  dispose(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#entries.clear();
  }

  #record(inputs: ReadonlyMap<string, Tensor>, step: () => Scalar): Scalar {
    this.sync();
    this.#session?.close();
    this.#session = undefined;
    const prefix = `step${this.#entries.size}/`;
    const given = prefixed(inputs, prefix);
    const recording = record(new Map<string, Tensor>([...(this.#variables as ReadonlyMap<string, Tensor>), ...given]), step, prefix);
    const assignments = [...this.#variables]
      .filter(([name]) => !recording.movedInPlace.has(name))
      .map(([name, variable]) => [name, recording.referenceOf(variable as unknown as Tensor)] as const)
      .filter(([name, held]) => held !== `${name}:0`)
      .map(([name, held]) => assignment(`${prefix}${name}/move`, name, held));
    const effects = [...recording.effects, ...assignments.map(({name}) => name)];
    const done = result(`${prefix}result`, recording.referenceOf(recording.result), effects);
    const fed = [...given].map(([name, tensor]) => placeholder(name, tensor, tensor.shape));
    this.#entries.set(kindOf(inputs), {prefix, nodes: [...fed, ...recording.nodes, ...assignments, done]});
    return recording.result;
  }
}
