import type {Finding} from '../../../core/finding.js';
import {printable} from '../../../core/text/printable.js';
import type {UnreadableImageError} from '../../../export/read-pixels.js';
import type {CommandResult} from '../../command.js';
import {formatPredictions, formatPredictionSummary} from '../../terminal/format-predictions.js';
import {formatLabeled} from '../../terminal/screen/layout.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {formatSkipped} from '../../terminal/skipped-summary.js';
import type {ClassifyResults} from './classify-images.js';

/** Reports unreadable images. A single one is not listed here, since the error of the command names it. */
export function reportUnreadable(
  unreadable: readonly UnreadableImageError[],
  found: number,
  terminal: Terminal,
): void {
  const warn = (label: string, text: string): void =>
    terminal.alert(formatLabeled(terminal.style.warn, label, text, terminal.columns));
  if (unreadable.length > 1) {
    for (const {image, reason} of unreadable)
      warn('unreadable', `${printable(image)}: ${printable(reason)}`);
  }
  if (unreadable.length > 0) warn('skipped', formatSkipped({found, unreadable: unreadable.length}));
}

/** Builds the JSON document and the text of the predictions. */
export function toResult(
  {classified, unreadable}: ClassifyResults,
  run: {
    readonly models: readonly string[];
    readonly found: number;
    readonly findings: readonly Finding[];
  },
  top: number,
  {resultStyle, resultColumns}: Terminal,
): CommandResult {
  const {models, found, findings} = run;
  const images = classified.map(({image, isUnknown, predictions}) => ({
    image,
    isUnknown,
    predictions: predictions.slice(0, top),
  }));
  const [firstUnreadable] = unreadable;
  return {
    document: {
      ...(models.length === 1 ? {model: models[0]} : {models}),
      ...{found, images},
      ...{unreadable: unreadable.map(({image, reason}) => ({image, reason})), findings},
    },
    text: formatPredictions(classified, resultStyle, resultColumns, top).join('\n'),
    ...(classified.length > 1 && {hint: formatPredictionSummary(classified)}),
    ...(firstUnreadable !== undefined && {error: firstUnreadable}),
  };
}
