import type {Finding} from '../../../core/finding.js';
import {printable} from '../../../core/text/printable.js';
import type {UnreadableImageError} from '../../../export/read-pixels.js';
import type {CommandResult} from '../../command.js';
import {formatPredictionSummary, type ClassifiedImage} from '../../terminal/format-predictions.js';
import {formatLabeled} from '../../terminal/screen/layout.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {formatSkipped} from '../../terminal/skipped-summary.js';
import type {ClassifyResults} from './classify-images.js';
import {formatClassified, toImageDocument, type OutputFormat} from './output-format.js';
import {ImageSorter} from './sort-images.js';

/** Options that say where predictions go. */
export interface OutputValues {
  readonly format: OutputFormat;
  readonly top: number;
  readonly sort?: string;
}

interface PredictRun {
  readonly models: readonly string[];
  readonly found: number;
  readonly findings: readonly Finding[];
}

/** Writes predictions in the format that was asked for, and copies images into folders of classes. */
export class PredictionOutput {
  readonly #sorter: ImageSorter | undefined;
  #hasHeader = false;

  constructor(
    readonly options: OutputValues,
    classNames: readonly string[],
    readonly terminal: Terminal,
  ) {
    if (options.sort !== undefined) this.#sorter = new ImageSorter(options.sort, classNames);
  }

  /** Builds the result of the command. A single unreadable image is named by its error alone. */
  async first({classified, unreadable}: ClassifyResults, run: PredictRun): Promise<CommandResult> {
    const {models, found, findings} = run;
    const {top} = this.options;
    if (unreadable.length > 1) this.#reportUnreadable(unreadable);
    if (unreadable.length > 0 && found > 1)
      this.#warn('skipped', formatSkipped({found, unreadable: unreadable.length}));
    await this.#sorter?.add(classified);
    const [firstUnreadable] = unreadable;
    return {
      document: {
        ...(models.length === 1 ? {model: models[0]} : {models}),
        ...{found, images: classified.map(image => toImageDocument(image, top))},
        ...{unreadable: unreadable.map(({image, reason}) => ({image, reason})), findings},
      },
      text: this.#format(classified),
      ...(classified.length > 1 && {hint: formatPredictionSummary(classified)}),
      ...(firstUnreadable !== undefined && {error: firstUnreadable}),
    };
  }

  /** Prints predictions of more images. */
  async add({classified, unreadable}: ClassifyResults): Promise<void> {
    this.#reportUnreadable(unreadable);
    await this.#sorter?.add(classified);
    if (classified.length > 0) this.terminal.result(this.#format(classified));
  }

  #format(classified: readonly ClassifiedImage[]): string {
    const {format, top} = this.options;
    const text = formatClassified(classified, format, top, this.terminal, !this.#hasHeader);
    this.#hasHeader = true;
    return text;
  }

  #reportUnreadable(unreadable: readonly UnreadableImageError[]): void {
    for (const {image, reason} of unreadable)
      this.#warn('unreadable', `${printable(image)}: ${printable(reason)}`);
  }

  #warn(label: string, text: string): void {
    const {style, columns} = this.terminal;
    this.terminal.alert(formatLabeled(style.warn, label, text, columns));
  }
}
