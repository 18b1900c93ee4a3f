import type {StoredTensor} from './readers/weights-file.js';

/** Moves the two channel axes to the front, output first: HWIO -> OIHW, `[in, out]` -> `[out, in]`. */
export function channelsFirst({shape, read}: StoredTensor): StoredTensor {
  if (shape.length < 2) return {shape, read};
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  const window = shape.slice(0, -2);
  const pixels = window.reduce((product, extent) => product * extent, 1);
  const moved = async (): Promise<Float32Array> => transposed(await read(), pixels, inputs, outputs);
  return {shape: [outputs, inputs, ...window], read: moved};
}

function transposed(data: Float32Array, pixels: number, inputs: number, outputs: number): Float32Array {
  const moved = new Float32Array(data.length);
  let from = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) moved[(output * inputs + input) * pixels + pixel] = data[from++]!;
    }
  }
  return moved;
}

/** The running mean of a batch norm without the bias of the convolution before it: `bn(conv + bias)` is `bn(conv)` with that much less. */
export function withoutBias(mean: StoredTensor, bias: StoredTensor): StoredTensor {
  const read = async (): Promise<Float32Array> => {
    const subtracted = await bias.read();
    return (await mean.read()).map((value, channel) => value - subtracted[channel]!);
  };
  return {shape: mean.shape, read};
}
