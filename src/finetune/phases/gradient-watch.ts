/** Growth that is reported. Gradients of a training that converges become smaller. */
const GROWTH = 100;

/** Watches the gradient norms of the epochs of a phase, and reports once that they explode. */
export class GradientWatch {
  #smallest = Infinity;
  #hasReported = false;

  /**
   * @param norm largest gradient norm of an epoch, before clipping
   * @param clipNorm maximum norm; below it, growth is harmless
   * @returns a sentence if the norm has exploded
   */
  check(phase: string, norm: number, clipNorm: number): string | undefined {
    const smallest = this.#smallest;
    this.#smallest = Math.min(smallest, norm);
    const isExploding = norm > GROWTH * smallest && norm > Math.max(1, clipNorm);
    if (!isExploding || this.#hasReported) return undefined;
    this.#hasReported = true;
    return `The gradient norm of phase ${phase} has grown from ${smallest.toPrecision(2)} to ${norm.toPrecision(2)}, so it may diverge. Lower --lr, or raise --warmup.`;
  }
}
