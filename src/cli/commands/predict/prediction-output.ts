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
import type {ExplainResults, ImageExplainer} from './explain-images.js';
import {ImageSorter} from './sort-images.js';

/** Options that say where predictions go. */
export interface OutputValues {
  readonly format: OutputFormat;
  readonly top: number;
  readonly sort?: string;
  readonly explain?: string;
}

interface PredictRun {
  readonly models: readonly string[];
  readonly found: number;
  readonly findings: readonly Finding[];
}

/** Writes predictions in the format that was asked for, and the images that were asked for. */
export class PredictionOutput {
  readonly #sorter: ImageSorter | undefined;
  #hasHeader = false;

  constructor(
    readonly options: OutputValues,
    classNames: readonly string[],
    readonly terminal: Terminal,
    private readonly explainer?: ImageExplainer,
  ) {
    if (options.sort !== undefined) this.#sorter = new ImageSorter(options.sort, classNames);
  }

  /** Builds the result of the command. A single unreadable image is named by its error alone. */
  async first({classified, unreadable}: ClassifyResults, run: PredictRun): Promise<CommandResult> {
    const {models, found, findings} = run;
    const {top} = this.options;
    const {explained, unreadable: unexplained} = await this.#writeImages(classified);
    const failures = [...unreadable, ...unexplained];
    if (failures.length > 1) this.#reportUnreadable(failures);
    if (unreadable.length > 0)
      this.#warn('skipped', formatSkipped({found, unreadable: unreadable.length}));
    const [firstUnreadable] = failures;
    return {
      document: {
        ...(models.length === 1 ? {model: models[0]} : {models}),
        ...{found, images: explained.map(image => toImageDocument(image, top))},
        ...{unreadable: unreadable.map(({image, reason}) => ({image, reason})), findings},
      },
      text: this.#format(explained),
      ...this.#hintOf(explained),
      ...(firstUnreadable !== undefined && {error: firstUnreadable}),
    };
  }

  /** Prints predictions of more images. */
  async add({classified, unreadable}: ClassifyResults): Promise<void> {
    const {explained, unreadable: unexplained} = await this.#writeImages(classified);
    this.#reportUnreadable([...unreadable, ...unexplained]);
    if (explained.length > 0) this.terminal.result(this.#format(explained));
  }

  /** Copies images into folders of classes, and writes them with their activation maps. */
  async #writeImages(classified: ClassifyResults['classified']): Promise<ExplainResults> {
    await this.#sorter?.add(classified);
    return (await this.explainer?.add(classified)) ?? {explained: classified, unreadable: []};
  }

  #hintOf(classified: readonly ClassifiedImage[]): Pick<CommandResult, 'hint'> {
    const {explain} = this.options;
    const lines = [
      ...(classified.length > 1 ? [formatPredictionSummary(classified)] : []),
      ...(explain === undefined ? [] : [`Images with activation maps: ${printable(explain)}`]),
    ];
    return lines.length === 0 ? {} : {hint: lines.join('\n')};
  }

  #format(classified: readonly ClassifiedImage[]): string {
    const {format, top} = this.options;
    const text = formatClassified(classified, format, top, this.terminal, {
      hasHeader: !this.#hasHeader,
      hasExplanations: this.explainer !== undefined,
    });
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
