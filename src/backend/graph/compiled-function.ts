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

/** Types and shapes of the inputs, without the batch size. */
const signatureOf = (inputs: readonly Tensor[]): string =>
  inputs.map(tensor => `${tfDataTypeOf(tensor)}[${tensor.shape.slice(1).join()}]`).join();

export interface CompiledFunctionOptions {
  readonly precision?: Precision;
  /**
   * Whether the first run returns the eager result, in half the time, instead of the result that every later run of the same inputs
   * returns. For classifying a single image; a training run that may be resumed must not use it.
   */
  readonly isFirstRunEager?: boolean;
}

/**
 * A compiled function of batches. On TensorFlow the first run traces it; from then on it is one graph, in which TensorFlow fuses
 * convolution, bias, sum and relu. The results of eager ops differ from the graph's in the last bits. On other backends it runs eagerly.
 */
export class CompiledFunction {
  readonly #state: ReadonlyMap<string, Tensor>;
  readonly #step: (...inputs: Tensor[]) => Tensor;
  readonly #precision: Precision;
  readonly #isFirstRunEager: boolean;
  /** The traced graph and the signature of its inputs. */
  #graph: {readonly signature: string; readonly nodes: readonly GraphNode[]} | undefined;
  #session: Session | undefined;

  /**
   * @param state float32 tensors that the step reads besides its inputs; they must not change
   * @param step maps `[n, ...]` to float32 `[n, ...]` for any n; no number in it may depend on n
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

  /** Runs the function. The caller disposes the result. @throws HostReadError if the step reads a tensor */
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
