import {inBfloat16} from './bfloat16.js';
import {isTensorFlow} from './binding.js';
import type {GraphNode} from './graph-def.js';
import {elementTypeOf} from './pixels.js';
import type {Precision} from './precision.js';
import {record, type Recording} from './record.js';
import {assignment, placeholder, result, Session} from './session.js';
import {tf, type Tensor, type Variable} from './tensorflow.js';

/** A step recorded on inputs of certain shapes: one entry to the graph. */
interface Entry {
  readonly nodes: readonly GraphNode[];
  /** Prefix of its nodes' names. */
  readonly prefix: string;
  /** Whether it moves a variable. */
  readonly moves: boolean;
}

/** A function of its inputs and of the variables, which it may move. */
export interface Step<T extends Tensor = Tensor> {
  readonly name: string;
  /** The same at every call; run only where it is not known yet. */
  run(): T;
  /** float32 unless told. */
  readonly precision?: Precision;
  /** Whether one recording serves any number of examples, the first dimension of the inputs; no number in the step may depend on it. */
  readonly isAnyCount?: true;
}

export interface RecordedStepsOptions {
  /** float32 tensors that the steps read and that do not change. */
  readonly constants?: ReadonlyMap<string, Tensor>;
  /** Told the name of a step and the types and shapes of its inputs. */
  readonly onRecorded?: ((what: string) => void) | undefined;
}

type Inputs = ReadonlyMap<string, Tensor>;

const sizesOf = (tensor: Tensor, {isAnyCount}: Step): readonly number[] => (isAnyCount ? [-1, ...tensor.shape.slice(1)] : tensor.shape);

const keyOf = (step: Step, inputs: Inputs): string =>
  `${step.name} ${[...inputs.values()].map(tensor => `${elementTypeOf(tensor)}[${sizesOf(tensor, step).join()}]`).join()}`;

const prefixed = (inputs: Inputs, prefix: string): Map<string, Tensor> =>
  new Map([...inputs].map(([name, tensor]) => [`${prefix}${name}`, tensor]));

/**
 * Steps over the same variables, run over and over. On TensorFlow each is run op by op to be recorded, what it has moved is put back, and it
 * is an entry to one graph whose variables live in a session; `sync` brings them back. The graph and its ops differ in the last bits, so
 * every result is the graph's: a run that was stopped, and records anew, goes on to the same numbers. Inputs of other shapes (a last,
 * shorter batch) are another entry to it. Elsewhere steps are run as they are.
 */
export class RecordedSteps {
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #constants: ReadonlyMap<string, Tensor>;
  readonly #onRecorded: (what: string) => void;
  readonly #entries = new Map<string, Entry>();
  #session: Session | undefined;
  /** Whether the variables in the session have moved since they were brought back. */
  #ahead = false;

  /**
   * @param variables all that the steps move, and read beside their inputs, float32
   */
  constructor(variables: ReadonlyMap<string, Variable>, {constants = new Map(), onRecorded = () => {}}: RecordedStepsOptions = {}) {
    this.#variables = variables;
    this.#constants = constants;
    this.#onRecorded = onRecorded;
  }

  /**
   * @param inputs all that changes from run to run
   * @throws HostReadError for a step that reads a tensor
   */
  run<T extends Tensor>(step: Step<T>, inputs: Inputs): T {
    if (!isTensorFlow()) return step.run();
    const key = keyOf(step, inputs);
    const entry = this.#entries.get(key);
    if (entry !== undefined) return this.#replay(entry, inputs) as T;
    this.sync();
    this.#close();
    this.#onRecorded(key);
    const before = tf.tidy(() => [...this.#variables.values()].map(variable => tf.clone(variable)));
    this.#record(key, step, inputs).dispose();
    [...this.#variables.values()].forEach((variable, i) => variable.assign(before[i]!));
    tf.dispose(before);
    return this.#replay(this.#entries.get(key)!, inputs) as T;
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
    this.#close();
    this.#entries.clear();
    this.#ahead = false;
  }

  #close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #replay({prefix, moves}: Entry, inputs: Inputs): Tensor {
    this.#session ??= this.#open();
    this.#ahead ||= moves;
    return this.#session.run(prefixed(inputs, prefix), [`${prefix}result`])[0]!;
  }

  #open(): Session {
    const nodes = [...this.#entries.values()].flatMap(entry => entry.nodes);
    const read = new Set(nodes.flatMap(({inputs}) => inputs));
    const constants = [...this.#constants].filter(([name]) => read.has(`${name}:0`));
    return new Session(nodes, new Map<string, Tensor>([...(this.#variables as ReadonlyMap<string, Tensor>), ...constants]));
  }

  #record<T extends Tensor>(key: string, step: Step<T>, inputs: Inputs): T {
    const prefix = `step${this.#entries.size}/`;
    const given = prefixed(inputs, prefix);
    const sources = new Map<string, Tensor>([...(this.#variables as ReadonlyMap<string, Tensor>), ...this.#constants, ...given]);
    const recording = record(sources, () => step.run(), prefix);
    const moves = this.#moves(recording, prefix);
    const effects = [...recording.effects, ...moves.map(({name}) => name)];
    const done = result(`${prefix}result`, recording.referenceOf(recording.result), effects);
    const fed = [...given].map(([name, tensor]) => placeholder(name, tensor, sizesOf(tensor, step)));
    const nodes = [...fed, ...recording.nodes, ...moves, done];
    this.#entries.set(key, {prefix, moves: effects.length > 0, nodes: step.precision === 'bf16' ? inBfloat16(nodes, prefix) : nodes});
    return recording.result;
  }

  /** Nodes that give the variables what the step has assigned to them. */
  #moves({movedInPlace, referenceOf}: Recording<Tensor>, prefix: string): GraphNode[] {
    return [...this.#variables]
      .filter(([name]) => !movedInPlace.has(name))
      .map(([name, variable]) => [name, referenceOf(variable as unknown as Tensor)] as const)
      .filter(([name, held]) => held !== `${name}:0`)
      .map(([name, held]) => assignment(`${prefix}${name}/move`, name, held));
  }
}
