import {lowerToBfloat16} from './bfloat16.js';
import {isTensorFlow} from './binding.js';
import type {GraphNode} from './graph-def.js';
import {tfDataTypeOf} from '../ops/pixels.js';
import type {Precision} from './precision.js';
import {trace, type Trace} from './trace.js';
import {assignNode, placeholderNode, identityNode, Session} from './session.js';
import {tf, type Tensor, type Variable} from '../tensorflow.js';

/** A step traced on inputs of certain shapes: one entry point of the graph. */
interface TracedStep {
  readonly nodes: readonly GraphNode[];
  /** Name prefix of its nodes. */
  readonly prefix: string;
  /** Whether it updates a variable. */
  readonly updates: boolean;
}

/** A function of its inputs and of the variables, which it may update. */
export interface TraceableStep<T extends Tensor = Tensor> {
  readonly name: string;
  /** Must do the same at every call. On TensorFlow it runs only to be traced. */
  run(): T;
  /** Default: `fp32`. */
  readonly precision?: Precision;
  /** Whether one trace serves any batch size (the first dimension of the inputs). No number in the step may depend on it. */
  readonly hasDynamicBatch?: true;
}

export interface TracedStepsOptions {
  /** float32 tensors that the steps read and never change. */
  readonly constants?: ReadonlyMap<string, Tensor>;
  /** Called with the name of a step and the types and shapes of its inputs when it is traced. */
  readonly onTraced?: ((signature: string) => void) | undefined;
}

type Inputs = ReadonlyMap<string, Tensor>;

const sizesOf = (tensor: Tensor, {hasDynamicBatch}: TraceableStep): readonly number[] =>
  hasDynamicBatch ? [-1, ...tensor.shape.slice(1)] : tensor.shape;

const signatureOf = (step: TraceableStep, inputs: Inputs): string =>
  `${step.name} ${[...inputs.values()].map(tensor => `${tfDataTypeOf(tensor)}[${sizesOf(tensor, step).join()}]`).join()}`;

const addPrefix = (inputs: Inputs, prefix: string): Map<string, Tensor> =>
  new Map([...inputs].map(([name, tensor]) => [`${prefix}${name}`, tensor]));

/**
 * Steps over shared variables that run many times. On TensorFlow a step runs eagerly once to be traced, its updates are reverted, and the
 * trace becomes an entry point of one graph whose variables are stored in a session; `sync` copies them back. Graph and eager ops differ in
 * the last bits, so every result comes from the graph: a resumed run, which traces again, continues with the same numbers. Inputs of other
 * shapes (a shorter last batch) are traced as another entry point. On other backends steps run eagerly.
 */
export class TracedSteps {
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #constants: ReadonlyMap<string, Tensor>;
  readonly #onTraced: (signature: string) => void;
  readonly #tracedSteps = new Map<string, TracedStep>();
  #session: Session | undefined;
  /** Whether the session's variables have changed since the last `sync`. */
  #isUnsynced = false;

  /** @param variables float32 variables that the steps update, and all that they read besides inputs and constants */
  constructor(
    variables: ReadonlyMap<string, Variable>,
    {constants = new Map(), onTraced = () => {}}: TracedStepsOptions = {},
  ) {
    this.#variables = variables;
    this.#constants = constants;
    this.#onTraced = onTraced;
  }

  /**
   * @param inputs everything that changes between runs
   * @throws HostReadError if the step reads a tensor
   */
  run<T extends Tensor>(step: TraceableStep<T>, inputs: Inputs): T {
    if (!isTensorFlow()) return step.run();
    const key = signatureOf(step, inputs);
    const tracedStep = this.#tracedSteps.get(key);
    if (tracedStep !== undefined) return this.#replay(tracedStep, inputs) as T;
    this.sync();
    this.#close();
    this.#onTraced(key);
    const originalValues = tf.tidy(() =>
      [...this.#variables.values()].map(variable => tf.clone(variable)),
    );
    this.#trace(key, step, inputs).dispose();
    [...this.#variables.values()].forEach((variable, i) => variable.assign(originalValues[i]!));
    tf.dispose(originalValues);
    return this.#replay(this.#tracedSteps.get(key)!, inputs) as T;
  }

  /** Copies the session's values to the variables. */
  sync(): void {
    if (!this.#isUnsynced) return;
    const values = this.#session!.run(new Map(), [...this.#variables.keys()]);
    [...this.#variables.values()].forEach((variable, i) => variable.assign(values[i]!));
    tf.dispose(values);
    this.#isUnsynced = false;
  }

  dispose(): void {
    this.#close();
    this.#tracedSteps.clear();
    this.#isUnsynced = false;
  }

  #close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #replay({prefix, updates}: TracedStep, inputs: Inputs): Tensor {
    this.#session ??= this.#open();
    this.#isUnsynced ||= updates;
    return this.#session.run(addPrefix(inputs, prefix), [`${prefix}result`])[0]!;
  }

  #open(): Session {
    const nodes = [...this.#tracedSteps.values()].flatMap(tracedStep => tracedStep.nodes);
    const read = new Set(nodes.flatMap(({inputs}) => inputs));
    const constants = [...this.#constants].filter(([name]) => read.has(`${name}:0`));
    return new Session(
      nodes,
      new Map<string, Tensor>([...(this.#variables as ReadonlyMap<string, Tensor>), ...constants]),
    );
  }

  #trace<T extends Tensor>(key: string, step: TraceableStep<T>, inputs: Inputs): T {
    const prefix = `step${this.#tracedSteps.size}/`;
    const feeds = addPrefix(inputs, prefix);
    const sources = new Map<string, Tensor>([
      ...(this.#variables as ReadonlyMap<string, Tensor>),
      ...this.#constants,
      ...feeds,
    ]);
    const traced = trace(sources, () => step.run(), prefix);
    const updates = this.#updateNodes(traced, prefix);
    const sideEffects = [...traced.sideEffects, ...updates.map(({name}) => name)];
    const resultNode = identityNode(
      `${prefix}result`,
      traced.referenceOf(traced.result),
      sideEffects,
    );
    const placeholders = [...feeds].map(([name, tensor]) =>
      placeholderNode(name, tensor, sizesOf(tensor, step)),
    );
    const nodes = [...placeholders, ...traced.nodes, ...updates, resultNode];
    this.#tracedSteps.set(key, {
      prefix,
      updates: sideEffects.length > 0,
      nodes: step.precision === 'bf16' ? lowerToBfloat16(nodes, prefix) : nodes,
    });
    return traced.result;
  }

  /** Nodes that store the step's assignments in the session's variables. */
  #updateNodes({updatedInPlace, referenceOf}: Trace<Tensor>, prefix: string): GraphNode[] {
    return [...this.#variables]
      .filter(([name]) => !updatedInPlace.has(name))
      .map(([name, variable]) => [name, referenceOf(variable as unknown as Tensor)] as const)
      .filter(([name, valueName]) => valueName !== `${name}:0`)
      .map(([name, valueName]) => assignNode(`${prefix}${name}/move`, name, valueName));
  }
}
