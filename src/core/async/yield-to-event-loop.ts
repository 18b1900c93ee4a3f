/** The backend computes in this thread: between batches, signals, decoders and whoever shows progress have their turn. */
export const yieldToEventLoop = (): Promise<void> =>
  new Promise(resolve => void setImmediate(resolve));
