import {printable} from '../core/printable.js';
import {padEnd, padStart, widthOf} from './layout.js';

/** Columns as wide as their widest cell, two spaces apart; numbers (`right`) end in line. */
export function table(cells: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const rows = cells.map(row => row.map(printable));
  const widths = rows[0]?.map((_, column) => rows.reduce((widest, row) => Math.max(widest, widthOf(row[column]!)), 0)) ?? [];
  const cell = (text: string, column: number): string => (right.includes(column) ? padStart : padEnd)(text, widths[column]!);
  return rows.map(row => row.map(cell).join('  ').trimEnd());
}
