import {startBackend} from '../src/backend/runtime/runtime.js';
import {withGroups} from '../src/backend/ops/convolution-grouped.js';
import {tensorflowConvolution} from '../src/backend/ops/convolution-tensorflow.js';
import type {Convolution} from '../src/backend/ops/convolution.js';
import {tf, type Tensor4D} from '../src/backend/tensorflow.js';

// Milliseconds of the 3x3 convolutions of ResNeXt-50 32x4d on 16 images, forward, and forward with both gradients:
// node dist/bench/grouped-convolutions.js

/** Channels and side of the map, in pixels. */
const SHAPES = [
  [128, 56],
  [256, 28],
  [512, 14],
  [1024, 7],
] as const;
const [BATCH, GROUPS, REPEATS] = [16, 32, 7];
const GEOMETRY = {stride: 1, padding: 1};

const WAYS: readonly (readonly [name: string, convolution: Convolution, groups: number])[] = [
  ['grouped', tensorflowConvolution, GROUPS],
  ['depthwise and sum; gradients by group', withGroups(tensorflowConvolution), GROUPS],
  ['dense', tensorflowConvolution, 1],
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Median of the milliseconds of some runs, after one that warms up. */
function measure(run: () => Tensor4D): number {
  const times = Array.from({length: REPEATS + 1}, () => {
    const start = performance.now();
    const y = tf.tidy(run);
    // Not inside the tidy, which would search the numbers for tensors.
    y.dataSync();
    const milliseconds = performance.now() - start;
    y.dispose();
    return milliseconds;
  });
  return median(times.slice(1));
}

function describeWay(
  convolution: Convolution,
  groups: number,
  [channels, side]: readonly [number, number],
): string {
  const x = tf.randomNormal([BATCH, side, side, channels]) as Tensor4D;
  const filter = tf.randomNormal([3, 3, channels / groups, channels]) as Tensor4D;
  const forward = measure(() => convolution.forward(x, filter, GEOMETRY));
  const gradients =
    measure(() => convolution.inputGradient(x, filter, x.shape, GEOMETRY)) +
    measure(() => convolution.filterGradient(x, x, filter.shape, GEOMETRY));
  tf.dispose([x, filter]);
  return `${forward.toFixed(0)} / ${(forward + gradients).toFixed(0)}`;
}

await startBackend({install: true});
console.log(`| channels, side | ${WAYS.map(([name]) => name).join(' | ')} |`);
for (const shape of SHAPES) {
  const cells = WAYS.map(([, convolution, groups]) => describeWay(convolution, groups, shape));
  console.log(`| ${shape.join(', ')} | ${cells.join(' | ')} |`);
}
