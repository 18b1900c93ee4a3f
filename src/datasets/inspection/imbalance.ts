import {formatInteger} from '../../core/text/format-count.js';

/** The largest class over the smallest from which on balancing helps: bench/README.md, "Imbalance", has the measurements. */
export const MIN_IMBALANCE = 2;

/** How many times the smallest class the largest is: `12`, `3.4`. */
export const formatRatio = (ratio: number): string =>
  ratio < 10 ? ratio.toFixed(1) : formatInteger(Math.round(ratio));
