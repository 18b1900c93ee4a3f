import {csvLine} from '../../../core/text/csv.js';
import {printableJson} from '../../../core/text/printable.js';
import {formatPredictions, type ClassifiedImage} from '../../terminal/format-predictions.js';
import type {Terminal} from '../../terminal/screen/terminal.js';

/** What is printed for each image: columns for people, CSV, or JSON Lines. */
export const OUTPUT_FORMATS = ['text', 'csv', 'jsonl'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** An image in the JSON output. */
export const toImageDocument = (
  {image, isUnknown, predictions}: ClassifiedImage,
  top: number,
): object => ({image, isUnknown, predictions: predictions.slice(0, top)});

/** `image,unknown,class,probability,class_2,probability_2`: a header, then a line per image. */
function formatCsv(
  classified: readonly ClassifiedImage[],
  top: number,
  hasHeader: boolean,
): string {
  const columns = Array.from({length: top}, (_, i) =>
    i === 0 ? ['class', 'probability'] : [`class_${i + 1}`, `probability_${i + 1}`],
  );
  const lines = classified.map(({image, isUnknown, predictions}) =>
    csvLine([
      image,
      isUnknown === null ? '' : String(isUnknown),
      ...predictions
        .slice(0, top)
        .flatMap(({className, probability}) => [className, probability.toFixed(6)]),
    ]),
  );
  const header = hasHeader ? [csvLine(['image', 'unknown', ...columns.flat()])] : [];
  // The terminal ends lines by a line feed alone.
  return [...header, ...lines].map(line => line.slice(0, -2)).join('\n');
}

/**
 * Formats the predictions of images.
 * @param top predictions per image
 * @param hasHeader whether a CSV file begins here
 */
export function formatClassified(
  classified: readonly ClassifiedImage[],
  format: OutputFormat,
  top: number,
  {resultStyle, resultColumns}: Pick<Terminal, 'resultStyle' | 'resultColumns'>,
  hasHeader = true,
): string {
  if (format === 'csv') return formatCsv(classified, top, hasHeader);
  if (format === 'jsonl')
    return classified.map(image => printableJson(toImageDocument(image, top), 0)).join('\n');
  return formatPredictions(classified, resultStyle, resultColumns, top).join('\n');
}
