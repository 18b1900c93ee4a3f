import {count} from '../core/count.js';
import {printable} from '../core/printable.js';
import type {Finding} from '../core/finding.js';
import {groupBy} from '../datasets/group-by.js';
import type {Style} from './style.js';
import {LABEL_WIDTH, labelled} from './layout.js';

/** Findings of one kind that are told one by one. */
const TOLD = 3;
const ORDER: readonly Finding['severity'][] = ['error', 'warning', 'note'];
const INDENTATION = ' '.repeat(LABEL_WIDTH);

/**
 * Findings for people, the gravest first, those of a kind together: the first few of a kind, then how many more there are.
 * @param verbose every one of them
 */
export function findingLines(findings: readonly Finding[], style: Style, columns: number, verbose = false): string[] {
  const paint = {error: style.bad, warning: style.warn, note: style.dim};
  const kinds = groupBy(findings, ({severity, code}) => `${ORDER.indexOf(severity)} ${code}`);
  const gravestFirst = [...kinds].sort(([a], [b]) => a.charCodeAt(0) - b.charCodeAt(0)).map(([, kind]) => kind);
  return gravestFirst.flatMap(kind => {
    const told = verbose ? kind : kind.slice(0, TOLD);
    const lines = told.map(({severity, message}) => labelled(paint[severity], severity, printable(message), columns));
    const rest = kind.length - told.length;
    return rest === 0 ? lines : [...lines, `${INDENTATION}${style.dim(`and ${count(rest)} more of this kind`)}`];
  });
}
