import {tf, type Tensor, type Tensor4D} from '../tensorflow.js';
import type {BackendInfo} from './backend-info.js';

/** Speed in billions of floating-point operations per second. A multiplication and its addition count as two. */
export interface BackendBenchmark {
  readonly matmul: number;
  readonly conv2d: number;
}

/** Side of the square matrices and number of images, large enough to keep the device busy. */
function sizesFor({backend, device}: Pick<BackendInfo, 'backend' | 'device'>): {
  side: number;
  images: number;
} {
  if (device === 'gpu') return {side: 4096, images: 64};
  return backend === 'tensorflow' ? {side: 1024, images: 8} : {side: 512, images: 2};
}

/**
 * Measures a matrix product and a 3x3 convolution with the shape of a ResNet's first stage (`[n, 56, 56, 64]`). Inputs are constant, so
 * that results do not depend on random data.
 * @param seconds duration of each measurement
 */
export function benchmarkBackend(
  info: Pick<BackendInfo, 'backend' | 'device'>,
  seconds = 1,
): BackendBenchmark {
  const {side, images} = sizesFor(info);
  return tf.tidy(() => {
    const matrix = tf.fill([side, side], 1 / side) as Tensor;
    const batch = tf.fill([images, 56, 56, 64], 0.5) as Tensor4D;
    const filter = tf.fill([3, 3, 64, 64], 0.01) as Tensor4D;
    return {
      matmul: measureGflops(2 * side ** 3, () => tf.matMul(matrix, matrix), seconds),
      conv2d: measureGflops(
        2 * images * 56 * 56 * 9 * 64 * 64,
        () => tf.conv2d(batch, filter, 1, 'same'),
        seconds,
      ),
    };
  });
}

/** Runs an operation repeatedly, after one warm-up run. @returns GFLOP/s */
function measureGflops(operations: number, run: () => Tensor, seconds: number): number {
  const runOnce = () => tf.tidy(() => void tf.slice(run().flatten(), 0, 1).dataSync());
  runOnce();
  const startTime = performance.now();
  let runs = 0;
  let elapsed = 0;
  while (elapsed < seconds * 1000) {
    runOnce();
    runs++;
    elapsed = performance.now() - startTime;
  }
  return (operations * runs) / elapsed / 1e6;
}
