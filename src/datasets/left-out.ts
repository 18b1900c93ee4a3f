import {count} from '../core/count.js';
import type {Finding} from '../core/finding.js';

/** One finding for files that play no part for the same reason (a clause about one of them); none for no files. */
export function leftOut(
  code: string,
  severity: Finding['severity'],
  files: readonly string[],
  reason: string,
  className?: string,
): Finding[] {
  const [first] = files;
  if (first === undefined) return [];
  const which = files.length === 1 ? first : `${count(files.length)} files, such as ${first}`;
  return [{code, severity, message: `Left out ${which}: ${reason}.`, files, ...(className !== undefined && {className})}];
}
