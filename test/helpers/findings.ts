import type {Finding} from '../../src/core/finding.js';

const OF_DRAWN_SETS: ReadonlySet<string> = new Set([
  'very-low-resolution',
  'low-resolution',
  'small-class',
]);

/** Findings but for those that sets drawn for tests always have: few images, and small ones. */
export const besidesSize = <Found extends Pick<Finding, 'code'>>(
  findings: readonly Found[],
): Found[] => findings.filter(({code}) => !OF_DRAWN_SETS.has(code));
