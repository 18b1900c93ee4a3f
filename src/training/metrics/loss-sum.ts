/** Smallest normal float32. A probability that float32 rounds to 0 counts as this. */
export const MIN_PROBABILITY = 1.2e-38;

/** Sum over images of -log(probability of the true class), in nats. @param probabilities `[n, classes]` */
export const lossSum = (probabilities: Float32Array, labels: Int32Array, classes: number): number =>
  labels.reduce(
    (sum, label, i) =>
      sum - Math.log(Math.max(probabilities[i * classes + label]!, MIN_PROBABILITY)),
    0,
  );
