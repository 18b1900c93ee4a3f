import {formatInteger} from '../../core/text/format-count.js';
import {printable} from '../../core/text/printable.js';
import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import type {Style} from './screen/style.js';
import {LABEL_WIDTH, formatLabeled} from './screen/layout.js';

/** Number of findings of one kind that are listed. */
const SHOWN_PER_KIND = 3;
const SEVERITY_ORDER: readonly Finding['severity'][] = ['error', 'warning', 'note'];
const INDENTATION = ' '.repeat(LABEL_WIDTH);

/**
 * Formats findings, most severe first, grouped by kind: the first few of a kind, then how many more there are.
 * @param verbose lists every finding
 */
export function formatFindings(
  findings: readonly Finding[],
  style: Style,
  columns: number,
  verbose = false,
): string[] {
  const paint = {error: style.bad, warning: style.warn, note: style.dim};
  const kinds = groupBy(
    findings,
    ({severity, code}) => `${SEVERITY_ORDER.indexOf(severity)} ${code}`,
  );
  const bySeverity = [...kinds]
    .sort(([a], [b]) => a.charCodeAt(0) - b.charCodeAt(0))
    .map(([, kind]) => kind);
  return bySeverity.flatMap(kind => {
    const shown = verbose ? kind : kind.slice(0, SHOWN_PER_KIND);
    const lines = shown.map(({severity, message}) =>
      formatLabeled(paint[severity], severity, printable(message), columns),
    );
    const rest = kind.length - shown.length;
    return rest === 0
      ? lines
      : [...lines, `${INDENTATION}${style.dim(`and ${formatInteger(rest)} more of this kind`)}`];
  });
}
