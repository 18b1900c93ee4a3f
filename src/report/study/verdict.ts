import {formatPercent} from '../format.js';
import {networkKind, networkTraits} from './network-traits.js';
import type {NetworkComparison} from './study-record.js';

/** Difference of two errors in percentage points, with a sign: `+3.1` */
export const formatPoints = (difference: number): string =>
  `${difference > 0 ? '+' : difference < 0 ? '−' : '±'}${Math.abs(100 * difference).toFixed(1)}`;

/** What the second network of a pair is, for a sentence about its training error. */
function describeTrait({differsIn, from, to}: NetworkComparison): string {
  if (differsIn === 'depth') return `The deeper ${networkKind(networkTraits(to))} network`;
  if (differsIn === 'preActivation') return 'Pre-activation';
  const [before, after] = [from, to].map(arch => networkTraits(arch).shortcut) as [string, string];
  return before === 'none' ? 'The network with shortcuts' : `Shortcut ${after}`;
}

/** Why a difference may be chance, by `ErrorChange.isClear`. */
const CAVEATS = new Map([
  [null, ' One seed each: --seeds 3 shows whether this may be chance.'],
  [false, ' The seeds overlap, so this may be chance.'],
]);

/** `The deeper plain network is worse: plain56 has a training error of 45.2 %, plain20 of 36.1 %.` */
export function formatVerdict(comparison: NetworkComparison): string {
  const {from, to, training} = comparison;
  const outcome =
    training.difference > 0
      ? 'worse'
      : training.difference < 0
        ? 'better'
        : 'neither better nor worse';
  return (
    `${describeTrait(comparison)} is ${outcome}: ${to} has a training error of ${formatPercent(training.to.mean)}, ` +
    `${from} of ${formatPercent(training.from.mean)}.${CAVEATS.get(training.isClear) ?? ''}`
  );
}
