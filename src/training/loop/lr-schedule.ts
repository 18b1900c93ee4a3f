/** Fraction of the peak learning rate at an update. `step` counts the updates of the phase from 0. */
export type LrSchedule = (step: number) => number;

/** Linear warm-up to 1, then a decay. @param decay fraction of the peak, by the share of the remaining updates that are done */
const warmupThen =
  (decay: (done: number) => number) =>
  (warmupSteps: number, totalSteps: number): LrSchedule =>
  step =>
    step < warmupSteps
      ? (step + 1) / warmupSteps
      : decay((step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));

/** Linear warm-up to 1, then cosine decay to 0 (Loshchilov & Hutter, https://arxiv.org/abs/1608.03983). */
export const warmupThenCosine = warmupThen(done => 0.5 * (1 + Math.cos(Math.PI * done)));

/** Linear warm-up to 1, then a tenth from the half on and a hundredth in the last quarter (He et al., section 4.2). */
export const warmupThenSteps = warmupThen(done => (done < 0.5 ? 1 : done < 0.75 ? 0.1 : 0.01));

/** Learning-rate schedules by their name in a recipe. */
export const LR_SCHEDULES = {
  cosine: warmupThenCosine,
  step: warmupThenSteps,
} as const satisfies Readonly<
  Record<string, (warmupSteps: number, totalSteps: number) => LrSchedule>
>;

export type LrScheduleName = keyof typeof LR_SCHEDULES;
