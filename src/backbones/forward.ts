import type {
  AddLayer,
  AveragePoolLayer,
  Block,
  ConvLayer,
  MaxPoolLayer,
  NormLayer,
  PadChannelsLayer,
  PadLayer,
  ReluLayer,
  Step,
} from './layers.js';
import {networkBlocks} from './network.js';
import type {BackboneSpec} from './resnet-specs.js';

/**
 * Implementation of each kind of layer. Training, frozen passes and exports each have their own; the network itself is a list of layers.
 * @typeParam T a feature map: a tensor, or a symbolic tensor of tfjs layers
 */
export interface Interpreter<T> {
  conv(layer: ConvLayer, x: T): T;
  norm(layer: NormLayer, x: T): T;
  /** A convolution and its batch norm in one step, for interpreters that can fuse them. */
  convNorm?(conv: ConvLayer, norm: NormLayer, x: T): T;
  relu(layer: ReluLayer, x: T): T;
  pad(layer: PadLayer, x: T): T;
  maxPool(layer: MaxPoolLayer, x: T): T;
  averagePool(layer: AveragePoolLayer, x: T): T;
  padChannels(layer: PadChannelsLayer, x: T): T;
  add(layer: AddLayer, a: T, b: T): T;
  /** Runs a block. Intermediate results may be freed when it returns. */
  scope(block: () => T): T;
}

function runStep<T>(interpreter: Interpreter<T>, step: Step, inputs: readonly T[]): T {
  const [x, y] = inputs as [T, T];
  switch (step.kind) {
    case 'conv':
      return interpreter.conv(step, x);
    case 'norm':
      return interpreter.norm(step, x);
    case 'convNorm': {
      const {conv, norm} = step;
      return interpreter.convNorm === undefined
        ? interpreter.norm(norm, interpreter.conv(conv, x))
        : interpreter.convNorm(conv, norm, x);
    }
    case 'relu':
      return interpreter.relu(step, x);
    case 'pad':
      return interpreter.pad(step, x);
    case 'maxPool':
      return interpreter.maxPool(step, x);
    case 'averagePool':
      return interpreter.averagePool(step, x);
    case 'padChannels':
      return interpreter.padChannels(step, x);
    case 'add':
      return interpreter.add(step, x, y);
  }
}

/** Runs a block, which has one input. Its last layer returns its output. */
function runBlock<T>(interpreter: Interpreter<T>, {steps}: Block, x: T): T {
  const maps = new Map([[steps[0]!.inputs[0]!, x]]);
  for (const step of steps) {
    const inputs = step.inputs.map(name => maps.get(name)!);
    maps.set(step.name, runStep(interpreter, step, inputs));
  }
  return maps.get(steps.at(-1)!.name)!;
}

/** Runs consecutive blocks. @returns the output of the last one */
export const runBlocks = <T>(interpreter: Interpreter<T>, blocks: readonly Block[], x: T): T =>
  blocks.reduce((y, block) => interpreter.scope(() => runBlock(interpreter, block, y)), x);

/**
 * Runs some layer groups of the backbone. Group 0 is the stem; the others are numbered like the stages.
 * @param from the first group to run; `x` is the output of the group before it (images, for the stem)
 * @param until one past the last group to run
 * @returns the last feature map, `[n, h, w, channels]`
 */
export const forward = <T>(
  interpreter: Interpreter<T>,
  spec: BackboneSpec,
  x: T,
  from = 0,
  until: number = spec.lastStage + 1,
): T => runBlocks(interpreter, networkBlocks(spec, from, until), x);
