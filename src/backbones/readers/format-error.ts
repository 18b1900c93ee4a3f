import {printable} from '../../core/text/printable.js';

/**
 * What is wrong with the bytes of a weights file, before its path is known: `readWeights` makes a `WeightsFileError` of it.
 * `reason` continues "cannot be read as weights: ..."; `remedy` says what to do.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly reason: string;

  constructor(
    reason: string,
    readonly remedy = 'download or save the file again',
    options?: ErrorOptions,
  ) {
    super(withRemedy(truncateText(reason), remedy), options);
    this.reason = truncateText(reason);
  }
}

/** Names in a sentence come from the file: without what could disturb a terminal, and not endlessly. */
export const truncateText = (text: string, length = 500): string =>
  printable(text.slice(0, length));

/** `a web page. Download the file itself`: the end of a sentence, and what to do. */
export const withRemedy = (reason: string, remedy: string): string =>
  `${reason}. ${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`;
