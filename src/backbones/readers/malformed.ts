/**
 * What is wrong with the bytes of a weights file, before its path is known: `readWeights` makes a `WeightsFileError` of it.
 * `reason` continues "but found ..."; `remedy` says what to do.
 */
export class Malformed extends Error {
  override readonly name = 'Malformed';

  constructor(
    readonly reason: string,
    readonly remedy = 'download or save the file again',
    options?: ErrorOptions,
  ) {
    super(`${reason}; ${remedy}`, options);
  }
}

/** `1,234`, for sentences. */
export const counted = (count: number | bigint): string => count.toLocaleString('en-US');
