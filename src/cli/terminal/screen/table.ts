import {printable} from '../../../core/text/printable.js';
import {padEnd, padStart, displayWidth} from './layout.js';

/** Columns as wide as their widest cell, two spaces apart; numbers (`right`) end in line. */
export function formatTable(
  cells: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string[] {
  const rows = cells.map(row => row.map(printable));
  const widths =
    rows[0]?.map((_, column) =>
      rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column]!)), 0),
    ) ?? [];
  const formatCell = (text: string, column: number): string =>
    (rightAligned.includes(column) ? padStart : padEnd)(text, widths[column]!);
  return rows.map(row => row.map(formatCell).join('  ').trimEnd());
}
