import type {StoredTensor} from '../readers/weights-file.js';

/** Moves the two channel axes to the front, output first: HWIO -> OIHW, `[in, out]` -> `[out, in]`. */
export function toChannelsFirst({shape, read}: StoredTensor): StoredTensor {
  if (shape.length < 2) return {shape, read};
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  const kernelShape = shape.slice(0, -2);
  const kernelSize = kernelShape.reduce((product, extent) => product * extent, 1);
  const moved = async (): Promise<Float32Array> =>
    transposeToChannelsFirst(await read(), kernelSize, inputs, outputs);
  return {shape: [outputs, inputs, ...kernelShape], read: moved};
}

function transposeToChannelsFirst(
  data: Float32Array,
  kernelSize: number,
  inputs: number,
  outputs: number,
): Float32Array {
  const moved = new Float32Array(data.length);
  let from = 0;
  for (let kernelIndex = 0; kernelIndex < kernelSize; kernelIndex++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++)
        moved[(output * inputs + input) * kernelSize + kernelIndex] = data[from++]!;
    }
  }
  return moved;
}

/**
 * Subtracts the preceding convolution's bias from a batch norm's running mean: `bn(conv + bias)` equals `bn(conv)` with the reduced mean.
 */
export function subtractBias(mean: StoredTensor, bias: StoredTensor): StoredTensor {
  const read = async (): Promise<Float32Array> => {
    const biasValues = await bias.read();
    return (await mean.read()).map((value, channel) => value - biasValues[channel]!);
  };
  return {shape: mean.shape, read};
}

/**
 * The filter of a grouped convolution, OIHW, of its depthwise kernel `[height, width, groups * n, n]`, which is multiplied by n. A group has
 * as many outputs as inputs, as in every ResNeXt.
 */
export function toGroupedFilter({shape, read}: StoredTensor): StoredTensor {
  const [height, width, channels, each] = shape as [number, number, number, number];
  return {
    shape: [channels, each, height, width],
    read: async () => {
      const stored = await read();
      return stored.map((_, at) => {
        const pixel = at % (height * width);
        const input = Math.floor(at / (height * width)) % each;
        const output = Math.floor(at / (height * width * each));
        const group = Math.floor(output / each);
        const from = (pixel * channels + group * each + input) * each + (output % each);
        return stored[from]! / each;
      });
    },
  };
}
