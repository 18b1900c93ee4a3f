import {csvLine} from '../../../core/text/csv.js';
import {printableJson} from '../../../core/text/printable.js';
import {formatPredictions, type ClassifiedImage} from '../../terminal/format-predictions.js';
import type {Terminal} from '../../terminal/screen/terminal.js';

/** What is printed for each image: columns for people, CSV, or JSON Lines. */
export const OUTPUT_FORMATS = ['text', 'csv', 'jsonl'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface CsvOptions {
  /** Whether a file begins here. */
  readonly hasHeader: boolean;
  /** Whether there is a column for images with their activation maps. */
  readonly hasExplanations: boolean;
}

/** An image in the JSON output. */
export const toImageDocument = (
  {image, isUnknown, predictions, explanation}: ClassifiedImage,
  top: number,
): object => ({
  image,
  isUnknown,
  predictions: predictions.slice(0, top),
  ...(explanation !== undefined && {explanation}),
});

/** `image,unknown,class,probability,class_2,probability_2,explanation`: a header, then a line per image. */
function formatCsv(
  classified: readonly ClassifiedImage[],
  top: number,
  {hasHeader, hasExplanations}: CsvOptions,
): string {
  const columns = Array.from({length: top}, (_, i) =>
    i === 0 ? ['class', 'probability'] : [`class_${i + 1}`, `probability_${i + 1}`],
  );
  const lines = classified.map(({image, isUnknown, predictions, explanation}) =>
    csvLine([
      image,
      isUnknown === null ? '' : String(isUnknown),
      ...predictions
        .slice(0, top)
        .flatMap(({className, probability}) => [className, probability.toFixed(6)]),
      ...(hasExplanations ? [explanation ?? ''] : []),
    ]),
  );
  const names = ['image', 'unknown', ...columns.flat(), ...(hasExplanations ? ['explanation'] : [])]; // prettier-ignore
  const header = hasHeader ? [csvLine(names)] : [];
  // The terminal ends lines by a line feed alone.
  return [...header, ...lines].map(line => line.slice(0, -2)).join('\n');
}

/**
 * Formats the predictions of images.
 * @param top predictions per image
 */
export function formatClassified(
  classified: readonly ClassifiedImage[],
  format: OutputFormat,
  top: number,
  {resultStyle, resultColumns}: Pick<Terminal, 'resultStyle' | 'resultColumns'>,
  csvOptions: CsvOptions = {hasHeader: true, hasExplanations: false},
): string {
  if (format === 'csv') return formatCsv(classified, top, csvOptions);
  if (format === 'jsonl')
    return classified.map(image => printableJson(toImageDocument(image, top), 0)).join('\n');
  return formatPredictions(classified, resultStyle, resultColumns, top).join('\n');
}
