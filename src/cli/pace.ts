/** A rate measured over less says nothing yet: the first updates of a network take longer than the others. */
const MEASURE_SECONDS = 2;
/** What happened longer ago counts little for the rate: a slow start, a cache that has been read through. */
const MEMORY_SECONDS = 30;

/** How fast something goes: the mean since the start, older parts of it fading. */
export class Pace {
  #begun = 0;
  #now = 0;
  #done = 0;
  #amount = 0;
  #seconds = 0;

  start(done: number, now: number): void {
    [this.#begun, this.#now, this.#done, this.#amount, this.#seconds] = [now, now, done, 0, 0];
  }

  reached(done: number, now: number): void {
    const seconds = now - this.#now;
    const kept = Math.exp(-seconds / MEMORY_SECONDS);
    this.#amount = this.#amount * kept + (done - this.#done);
    this.#seconds = this.#seconds * kept + seconds;
    [this.#now, this.#done] = [now, done];
  }

  /** A second; undefined while it says nothing. */
  get rate(): number | undefined {
    return this.#now - this.#begun < MEASURE_SECONDS ? undefined : this.#amount / this.#seconds;
  }
}
