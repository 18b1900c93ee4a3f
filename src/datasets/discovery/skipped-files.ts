import {formatInteger} from '../../core/text/format-count.js';
import type {Finding} from '../../core/finding.js';

/** One finding for files that are skipped for the same reason (a clause about one file); none if there are no files. */
export function skippedFindings(
  code: string,
  severity: Finding['severity'],
  files: readonly string[],
  reason: string,
  className?: string,
): Finding[] {
  const [first] = files;
  if (first === undefined) return [];
  const subject =
    files.length === 1 ? first : `${formatInteger(files.length)} files, such as ${first}`;
  return [
    {
      code,
      severity,
      message: `Skipped ${subject}: ${reason}.`,
      files,
      ...(className !== undefined && {className}),
    },
  ];
}
