import {lowerToBfloat16} from './bfloat16.js';
import {isTensorFlow} from './binding.js';
import type {GraphNode} from './graph-def.js';
import {tfDataTypeOf} from '../ops/pixels.js';
import type {Precision} from './precision.js';
import {trace} from './trace.js';
import {placeholderNode, identityNode, Session} from './session.js';
import {tf, type Tensor} from '../tensorflow.js';

const OUTPUT_NAME = 'result';

const nameInputs = (inputs: readonly Tensor[]): Map<string, Tensor> =>
  new Map(inputs.map((tensor, index) => [`input${index}`, tensor]));

/** Types and shapes, without the number of examples. */
const signatureOf = (inputs: readonly Tensor[]): string =>
  inputs.map(tensor => `${tfDataTypeOf(tensor)}[${tensor.shape.slice(1).join()}]`).join();

export interface CompiledFunctionOptions {
  readonly precision?: Precision;
  /**
   * Whether the first run gives what its ops gave, when it takes half as long, instead of what every later run of the same inputs gives.
   * For who classifies a single image; a training that is to be gone on with must not.
   */
  readonly isFirstRunEager?: boolean;
}

/**
 * A function of batches of examples. On TensorFlow it is run once to be recorded, and is one graph from then on, in which TensorFlow fuses
 * what belongs together: convolution, bias, sum, relu. The ops differ from it in the last bits, and so does what they give. Elsewhere it is
 * run as it is.
 */
export class CompiledFunction {
  readonly #state: ReadonlyMap<string, Tensor>;
  readonly #step: (...inputs: Tensor[]) => Tensor;
  readonly #precision: Precision;
  readonly #isFirstRunEager: boolean;
  /** What was recorded, and of what inputs. */
  #graph: {readonly signature: string; readonly nodes: readonly GraphNode[]} | undefined;
  #session: Session | undefined;

  /**
   * @param state float32 tensors that the step takes from outside besides its inputs; they must not change
   * @param step from `[n, ...]` to float32 `[n, ...]`, for any n; no number in it may depend on n
   */
  constructor(
    state: ReadonlyMap<string, Tensor>,
    step: (...inputs: Tensor[]) => Tensor,
    {precision = 'fp32', isFirstRunEager = false}: CompiledFunctionOptions = {},
  ) {
    this.#precision = precision;
    this.#isFirstRunEager = isFirstRunEager;
    this.#state = state;
    this.#step = step;
  }

  /** The caller disposes what it gets. @throws HostReadError for a step that reads a tensor */
  run(...inputs: Tensor[]): Tensor {
    if (!isTensorFlow()) return tf.tidy(() => this.#step(...inputs));
    if (this.#graph?.signature !== signatureOf(inputs)) {
      this.dispose();
      const eagerResult = this.#trace(inputs);
      if (this.#isFirstRunEager && this.#precision === 'fp32') return eagerResult;
      eagerResult.dispose();
    }
    this.#session ??= new Session(this.#graph!.nodes, this.#state);
    return this.#session.run(nameInputs(inputs), [OUTPUT_NAME])[0]!;
  }

  dispose(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#graph = undefined;
  }

  #trace(inputs: readonly Tensor[]): Tensor {
    return tf.tidy(() => {
      const feeds = nameInputs(inputs);
      const traced = trace(new Map([...this.#state, ...feeds]), () => this.#step(...inputs));
      const placeholders = [...feeds].map(([name, tensor]) =>
        placeholderNode(name, tensor, [-1, ...tensor.shape.slice(1)]),
      );
      const output = identityNode(OUTPUT_NAME, traced.referenceOf(traced.result));
      const nodes = [...placeholders, ...traced.nodes, output];
      this.#graph = {
        signature: signatureOf(inputs),
        nodes: this.#precision === 'bf16' ? lowerToBfloat16(nodes, '') : nodes,
      };
      return traced.result;
    });
  }
}
