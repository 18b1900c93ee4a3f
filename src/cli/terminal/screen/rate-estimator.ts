/** A rate measured over less says nothing yet: the first updates of a network take longer than the others. */
const MIN_SECONDS = 2;
/** What happened longer ago counts little for the rate: a slow start, a cache that has been read through. */
const DECAY_SECONDS = 30;

/** How fast something goes: the mean since the start, older parts of it fading. */
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

  /** A second; undefined while it says nothing. */
  get rate(): number | undefined {
    return this.#lastTime - this.#startTime < MIN_SECONDS
      ? undefined
      : this.#decayedAmount / this.#decayedSeconds;
  }
}
