let last: Promise<unknown> = Promise.resolve();

/** Begins work when all that was begun in turn before is done, well or not. */
export function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const mine = last.then(work);
  last = mine.catch(() => undefined);
  return mine;
}
