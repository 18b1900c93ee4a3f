/** The child process of self-test.ts: `node self-test-process.js TFJS_PACKAGE BACKEND`. It ends with a report or an uncaught error. */
import {writeFileSync} from 'node:fs';
import {nodeKernelBackend} from '../graph/binding.js';
import {addonPath} from './backend-directory.js';
import {loadTensorFlow} from '../runtime/load-tensorflow.js';
import {reportPath, type SelfTestReport} from './self-test.js';
import {tf, type Tensor, type Tensor4D} from '../tensorflow.js';

function expectValues(label: string, result: Tensor, expected: readonly number[]): void {
  const found = [...result.dataSync()];
  if (
    found.length === expected.length &&
    found.every((value, i) => Math.abs(value - expected[i]!) < 1e-4)
  )
    return;
  throw new Error(`${label} is [${found.join(', ')}] instead of [${expected.join(', ')}]`);
}

const [tfjsPackage, directory] = process.argv.slice(2) as [string, string];
loadTensorFlow(tfjsPackage, addonPath(directory));

const square = tf.tensor2d([1, 2, 3, 4], [2, 2]);
expectValues('a matrix product', tf.matMul(square, square), [7, 10, 15, 22]);

const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
const filter = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
const convolve = (weights: Tensor4D) => tf.conv2d(image, weights, 1, 'valid');
expectValues('a convolution', convolve(filter), [37, 47, 67, 77]);
expectValues(
  "a convolution's gradient",
  tf.grad(weights => convolve(weights as Tensor4D))(filter),
  [12, 16, 24, 28],
);

const {binding, isUsingGpuDevice} = nodeKernelBackend();
const report: SelfTestReport = {tensorflow: binding.TF_Version, usesGpu: isUsingGpuDevice};
writeFileSync(reportPath(directory), JSON.stringify(report));
