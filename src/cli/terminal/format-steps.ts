import {padEnd, displayWidth} from './screen/layout.js';
import type {Style} from './screen/style.js';

/**
 * Formats the next commands with their descriptions: next to the command if all of them fit, else below it. A command line is never
 * wrapped, so that it can be copied.
 */
export function formatSteps(
  title: string,
  lines: readonly (readonly [command: string, meaning: string])[],
  style: Style,
  columns: number,
): string {
  const width = Math.max(...lines.map(([command]) => displayWidth(command)));
  const hasRoom = Number.isFinite(columns)
    ? lines.every(([, meaning]) => 2 + width + 3 + displayWidth(meaning) <= columns)
    : true;
  const formatted = lines.flatMap(([command, meaning]) =>
    hasRoom
      ? [`  ${padEnd(command, width)}   ${style.dim(meaning)}`]
      : [`  ${command}`, `    ${style.dim(meaning)}`],
  );
  return ['', style.bold(title), ...formatted].join('\n');
}
