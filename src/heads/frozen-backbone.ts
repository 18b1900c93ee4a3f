import {createHash} from 'node:crypto';
import {frozenInterpreter, type FrozenInterpreter} from '../backbones/interpreters.js';
import {normalize} from '../backbones/normalize.js';
import {forward} from '../backbones/forward.js';
import {networkBlocks, networkLayers} from '../backbones/network.js';
import {CompiledFunction} from '../backend/graph/compiled-function.js';
import type {Precision} from '../backend/graph/precision.js';
import {tf, type Tensor, type Tensor4D} from '../backend/tensorflow.js';
import type {ClassifierNetwork} from './classifier.js';
import {poolFeatures} from './head.js';

/** A folded copy of a classifier's lowest groups. The forward pass between two frozen depths is compiled on first use. */
export class FrozenBackbone {
  readonly #network: ClassifierNetwork;
  readonly #interpreter: FrozenInterpreter;
  readonly #compiledPasses = new Map<string, CompiledFunction>();
  readonly #fingerprints = new Map<number, string>();

  /**
   * @param depth number of groups: 0 for none, lastStage + 1 for the whole backbone
   * @param isFirstRunEager see `CompiledFunctionOptions`
   */
  constructor(
    network: ClassifierNetwork,
    depth: number,
    private readonly isFirstRunEager = false,
  ) {
    const {spec, weights} = network;
    this.#network = network;
    this.#interpreter = frozenInterpreter(weights, networkBlocks(spec, 0, depth));
  }

  /**
   * @param x RGB pixels 0..255, or the output at frozen depth `from`
   * @param precision precision of the convolutions; the output is always float32
   * @returns the output at depth `until`: normalized pixels, a feature map, or pooled features; the caller disposes it
   */
  run(x: Tensor4D, from: number, until: number, precision: Precision = 'fp32'): Tensor {
    if (until === 0) return normalize(x, this.#network.preprocessing);
    const key = `${from} ${until} ${precision}`;
    const step = (input: Tensor4D): Tensor => this.forwardEager(input, from, until);
    return this.#pass(key, from, until, precision, step).run(x);
  }

  /** Runs the same pass eagerly and in float32, inside a step that is itself traced. */
  forwardEager(x: Tensor4D, from: number, until: number): Tensor {
    const {spec, head, preprocessing} = this.#network;
    const backboneDepth = spec.lastStage + 1;
    return tf.tidy(() => {
      const input = from === 0 ? normalize(x, preprocessing) : x;
      const map = forward(this.#interpreter, spec, input, from, Math.min(until, backboneDepth));
      return until === backboneDepth ? poolFeatures(head, map) : map;
    });
  }

  /** The last feature map before pooling, `[n, h, w, c]`; the caller disposes it. @param x RGB pixels 0..255 */
  lastMap(x: Tensor4D): Tensor4D {
    const {spec, preprocessing} = this.#network;
    const depth = spec.lastStage + 1;
    const compiledPass = this.#pass('map', 0, depth, 'fp32', pixels =>
      tf.tidy(() => forward(this.#interpreter, spec, normalize(pixels, preprocessing), 0, depth)),
    );
    return compiledPass.run(x) as Tensor4D;
  }

  /** Folded filters and biases of the groups below a frozen depth, by name. */
  foldedTensors(until: number): Map<string, Tensor> {
    return this.#interpreter.foldedTensors(networkLayers(this.#network.spec, 0, until));
  }

  /** SHA-256, in hex, of everything that determines the output at a frozen depth. */
  fingerprint(until: number): string {
    const cachedFingerprint = this.#fingerprints.get(until);
    if (cachedFingerprint !== undefined) return cachedFingerprint;
    const {spec, head, preprocessing} = this.#network;
    const pooling = until === spec.lastStage + 1 ? head.pooling : null;
    const hash = createHash('sha256').update(JSON.stringify({spec, preprocessing, until, pooling}));
    for (const [name, tensor] of this.foldedTensors(until))
      hash.update(name).update(tensor.dataSync());
    const fingerprint = hash.digest('hex');
    this.#fingerprints.set(until, fingerprint);
    return fingerprint;
  }

  /** Compiles a pass on first use. */
  #pass(
    key: string,
    from: number,
    until: number,
    precision: Precision,
    step: (x: Tensor4D) => Tensor,
  ): CompiledFunction {
    const known = this.#compiledPasses.get(key);
    if (known !== undefined) return known;
    const state = this.#interpreter.foldedTensors(networkLayers(this.#network.spec, from, until));
    const compiledPass = new CompiledFunction(state, x => step(x as Tensor4D), {
      precision,
      isFirstRunEager: this.isFirstRunEager,
    });
    this.#compiledPasses.set(key, compiledPass);
    return compiledPass;
  }

  dispose(): void {
    for (const compiledPass of this.#compiledPasses.values()) compiledPass.dispose();
    this.#interpreter.dispose();
  }
}
