import {inBfloat16} from './bfloat16.js';
import {isTensorFlow} from './binding.js';
import type {GraphNode} from './graph-def.js';
import {elementTypeOf} from './pixels.js';
import type {Precision} from './precision.js';
import {record} from './record.js';
import {placeholder, result, Session} from './session.js';
import {tf, type Tensor} from './tensorflow.js';

const RESULT = 'result';

const named = (inputs: readonly Tensor[]): Map<string, Tensor> => new Map(inputs.map((tensor, index) => [`input${index}`, tensor]));

/** Types and shapes, without the number of examples. */
const kindOf = (inputs: readonly Tensor[]): string =>
  inputs.map(tensor => `${elementTypeOf(tensor)}[${tensor.shape.slice(1).join()}]`).join();

export interface CompiledOptions {
  readonly precision?: Precision;
  /**
   * Whether the first run gives what its ops gave, when it takes half as long, instead of what every later run of the same inputs gives.
   * For who classifies a single image; a training that is to be gone on with must not.
   */
  readonly answersAtOnce?: boolean;
}

/**
 * A function of batches of examples. On TensorFlow it is run once to be recorded, and is one graph from then on, in which TensorFlow fuses
 * what belongs together: convolution, bias, sum, relu. The ops differ from it in the last bits, and so does what they give. Elsewhere it is
 * run as it is.
 */
export class Compiled {
  readonly #state: ReadonlyMap<string, Tensor>;
  readonly #step: (...inputs: Tensor[]) => Tensor;
  readonly #precision: Precision;
  readonly #answersAtOnce: boolean;
  /** What was recorded, and of what inputs. */
  #graph: {readonly kind: string; readonly nodes: readonly GraphNode[]} | undefined;
  #session: Session | undefined;

  /**
   * @param state float32 tensors that the step takes from outside beside its inputs; they must not change
   * @param step from `[n, ...]` to float32 `[n, ...]`, for any n; no number in it may depend on n
   */
  constructor(
    state: ReadonlyMap<string, Tensor>,
    step: (...inputs: Tensor[]) => Tensor,
    {precision = 'fp32', answersAtOnce = false}: CompiledOptions = {},
  ) {
    this.#precision = precision;
    this.#answersAtOnce = answersAtOnce;
    this.#state = state;
    this.#step = step;
  }

  /** The caller disposes what it gets. @throws HostReadError for a step that reads a tensor */
  run(...inputs: Tensor[]): Tensor {
    if (!isTensorFlow()) return tf.tidy(() => this.#step(...inputs));
    if (this.#graph?.kind !== kindOf(inputs)) {
      this.dispose();
      const recorded = this.#record(inputs);
      if (this.#answersAtOnce && this.#precision === 'fp32') return recorded;
      recorded.dispose();
    }
    this.#session ??= new Session(this.#graph!.nodes, this.#state);
    return this.#session.run(named(inputs), [RESULT])[0]!;
  }

  dispose(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#graph = undefined;
  }

  #record(inputs: readonly Tensor[]): Tensor {
    return tf.tidy(() => {
      const given = named(inputs);
      const recording = record(new Map([...this.#state, ...given]), () => this.#step(...inputs));
      const fed = [...given].map(([name, tensor]) => placeholder(name, tensor, [-1, ...tensor.shape.slice(1)]));
      const output = result(RESULT, recording.referenceOf(recording.result));
      const nodes = [...fed, ...recording.nodes, output];
      this.#graph = {kind: kindOf(inputs), nodes: this.#precision === 'bf16' ? inBfloat16(nodes, '') : nodes};
      return recording.result;
    });
  }
}
