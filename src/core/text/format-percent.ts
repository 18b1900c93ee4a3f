/** Percentage of a fraction 0..1: `92.8 %` */
export const formatFixedPercent = (fraction: number, digits = 1): string =>
  `${(100 * fraction).toFixed(digits)} %`;
