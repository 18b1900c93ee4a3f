let last: Promise<unknown> = Promise.resolve();

/** Begins work when all that was begun in turn before is done, well or not. */
export function runExclusive<Result>(task: () => Promise<Result>): Promise<Result> {
  const result = last.then(task);
  last = result.catch(() => undefined);
  return result;
}
