import {createHash} from 'node:crypto';
import {frozenInterpreter, type FrozenInterpreter} from '../backbones/interpreters.js';
import {normalise} from '../backbones/normalise.js';
import {forward} from '../backbones/resnet.js';
import {groupConvolutions} from '../backbones/resnet-specs.js';
import {Compiled} from '../engine/compile.js';
import type {Precision} from '../engine/precision.js';
import {tf, type Tensor, type Tensor4D} from '../engine/tensorflow.js';
import type {Network} from './classifier.js';
import {pool} from './head.js';

/** The lowest groups of a classifier as they are now, folded; what lies between two boundaries is compiled when it is first run. */
export class FrozenPasses {
  readonly #network: Network;
  readonly #folded: FrozenInterpreter;
  readonly #passes = new Map<string, Compiled>();
  readonly #fingerprints = new Map<number, string>();

  /** @param boundary number of groups: 0 for none, lastStage + 1 for the whole backbone; @param answersAtOnce see `Compiled` */
  constructor(
    network: Network,
    boundary: number,
    private readonly answersAtOnce = false,
  ) {
    const {spec, weights} = network;
    this.#network = network;
    this.#folded = frozenInterpreter(spec, weights, groupConvolutions(spec, 0, boundary));
  }

  /**
   * @param x RGB pixels 0..255, or what crosses the boundary `from`
   * @param precision of the convolutions; what crosses a boundary is float32
   * @returns what crosses the boundary `until`: pixels normalised, a feature map, or pooled features; the caller disposes it
   */
  run(x: Tensor4D, from: number, until: number, precision: Precision = 'fp32'): Tensor {
    if (until === 0) return normalise(x, this.#network.preprocessing);
    const key = `${from} ${until} ${precision}`;
    const pass = this.#passes.get(key) ?? this.#compile(from, until, precision);
    this.#passes.set(key, pass);
    return pass.run(x);
  }

  /** `run` op by op and in float32, for a step that is recorded itself. */
  through(x: Tensor4D, from: number, until: number): Tensor {
    const {spec, head, preprocessing} = this.#network;
    const whole = spec.lastStage + 1;
    return tf.tidy(() => {
      const input = from === 0 ? normalise(x, preprocessing) : x;
      const map = forward(this.#folded, spec, input, from, Math.min(until, whole));
      return until === whole ? pool(head, map) : map;
    });
  }

  /** Folded filters and biases that the groups below a boundary read, by name. */
  tensors(until: number): Map<string, Tensor> {
    return this.#folded.tensors(groupConvolutions(this.#network.spec, 0, until));
  }

  /** sha256, in hex, of everything that decides what pixels become at a boundary. */
  fingerprint(until: number): string {
    const known = this.#fingerprints.get(until);
    if (known !== undefined) return known;
    const {spec, head, preprocessing} = this.#network;
    const pooling = until === spec.lastStage + 1 ? head.pooling : null;
    const hash = createHash('sha256').update(JSON.stringify({spec, preprocessing, until, pooling}));
    for (const [name, tensor] of this.tensors(until)) hash.update(name).update(tensor.dataSync());
    const fingerprint = hash.digest('hex');
    this.#fingerprints.set(until, fingerprint);
    return fingerprint;
  }

  #compile(from: number, until: number, precision: Precision): Compiled {
    const state = this.#folded.tensors(groupConvolutions(this.#network.spec, from, until));
    return new Compiled(state, x => this.through(x as Tensor4D, from, until), {precision, answersAtOnce: this.answersAtOnce});
  }

  dispose(): void {
    for (const pass of this.#passes.values()) pass.dispose();
    this.#folded.dispose();
  }
}
