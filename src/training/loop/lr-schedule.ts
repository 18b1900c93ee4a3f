/** Share of the peak rate at an update; `step` counts updates of the phase from 0. */
export type LrSchedule = (step: number) => number;

/** Linear warm-up to 1, then half a cosine to 0 (Loshchilov & Hutter, https://arxiv.org/abs/1608.03983). */
export function warmupThenCosine(warmupSteps: number, totalSteps: number): LrSchedule {
  return step =>
    step < warmupSteps
      ? (step + 1) / warmupSteps
      : 0.5 *
        (1 + Math.cos((Math.PI * (step - warmupSteps)) / Math.max(1, totalSteps - warmupSteps)));
}
