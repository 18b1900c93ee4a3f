import {padEnd, displayWidth} from './screen/layout.js';
import type {Style} from './screen/style.js';

/**
 * What to type next, each with its meaning: next to it where all of them have room for that, else below. A command line is never broken, so
 * that it can be copied.
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
