import {
  STEM,
  stageBlocks,
  type BackboneSpec,
  type BlockSpec,
  type ConvNormSpec,
} from './resnet-specs.js';

/**
 * What can be done with a ResNet's description. Training, frozen passes and export each bring their own meaning of these words;
 * the network itself is written once, below.
 * @typeParam T an activation: a tensor, or a symbolic tensor of tfjs layers
 */
export interface Interpreter<T> {
  /** Convolution and the batch norm behind it. */
  convNorm(conv: ConvNormSpec, x: T): T;
  /** @param name state-dict-like name of the place: `layer1.0.relu1` */
  relu(x: T, name: string): T;
  /** 3x3, stride 2, one padded on every side. */
  maxPool(x: T, name: string): T;
  add(a: T, b: T, name: string): T;
  /** Runs a block; what it made on the way, and nobody needs any more, may be freed when it returns. */
  scope(block: () => T): T;
}

/** `[n, s, s, 3] -> [n, s/4, s/4, 64]` */
const stem = <T>(interpreter: Interpreter<T>, images: T): T =>
  interpreter.scope(() =>
    interpreter.maxPool(interpreter.relu(interpreter.convNorm(STEM, images), 'relu'), 'maxpool'),
  );

/** `relu(shortcut(x) + path(x))` (He et al., figures 2 and 5) */
const residual = <T>(interpreter: Interpreter<T>, {name, path, projection}: BlockSpec, x: T): T =>
  interpreter.scope(() => {
    const shortcut = projection === undefined ? x : interpreter.convNorm(projection, x);
    const transformed = path.reduce(
      (y, conv, i) =>
        i === 0
          ? interpreter.convNorm(conv, y)
          : interpreter.convNorm(conv, interpreter.relu(y, `${name}.relu${i}`)),
      x,
    );
    return interpreter.relu(interpreter.add(transformed, shortcut, `${name}.add`), `${name}.relu`);
  });

/**
 * Runs a part of the backbone: groups are numbered 0 (stem), 1..4 (stages).
 * @param from the first group to run; `x` is what the group before it gave (images, for the stem)
 * @param until one past the last group to run
 * @returns the last feature map, `[n, h, w, channels]`
 */
export function forward<T>(
  interpreter: Interpreter<T>,
  spec: BackboneSpec,
  x: T,
  from = 0,
  until: number = spec.lastStage + 1,
): T {
  let y = x;
  for (let group = from; group < until; group++) {
    y =
      group === 0
        ? stem(interpreter, y)
        : stageBlocks(spec, group).reduce((input, block) => residual(interpreter, block, input), y);
  }
  return y;
}
