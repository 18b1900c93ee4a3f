import {printable} from '../../core/text/printable.js';

/**
 * An error in the content of a weights file, thrown where its path is unknown. `openWeights` and `readWeights` convert it to a
 * `WeightsFileError`. `reason` completes "cannot be read as weights: ..."; `remedy` says what to do.
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

/** Shortens untrusted text of a file for a message, and escapes characters that could disturb a terminal. */
export const truncateText = (text: string, length = 500): string =>
  printable(text.slice(0, length));

/** Joins reason and remedy for the end of a message: `a web page. Download the file itself`. */
export const withRemedy = (reason: string, remedy: string): string =>
  `${reason}. ${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`;
