/** Minimum time for a meaningful rate. The first updates of a network take longer than the others. */
const MIN_SECONDS = 2;
/** Time constant of the decay. Older progress counts little: a slow start, or a cache that has been read. */
const DECAY_SECONDS = 30;

/** Estimates a rate as the mean since the start, with exponential decay. */
export class RateEstimator {
  #startTime = 0;
  #lastTime = 0;
  #lastDone = 0;
  #decayedAmount = 0;
  #decayedSeconds = 0;

  start(done: number, now: number): void {
    [this.#startTime, this.#lastTime, this.#lastDone, this.#decayedAmount, this.#decayedSeconds] = [
      now,
      now,
      done,
      0,
      0,
    ];
  }

  update(done: number, now: number): void {
    const seconds = now - this.#lastTime;
    const decay = Math.exp(-seconds / DECAY_SECONDS);
    this.#decayedAmount = this.#decayedAmount * decay + (done - this.#lastDone);
    this.#decayedSeconds = this.#decayedSeconds * decay + seconds;
    [this.#lastTime, this.#lastDone] = [now, done];
  }

  /** Rate per second; `undefined` until it is meaningful. */
  get rate(): number | undefined {
    return this.#lastTime - this.#startTime < MIN_SECONDS
      ? undefined
      : this.#decayedAmount / this.#decayedSeconds;
  }
}
