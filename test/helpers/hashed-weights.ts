import {sizeFromShape, type CpuTensor} from '../../src/core/state-dict.js';

/** `count` values in [-1, 1) from the FNV-1a hash of a name and a counter, mixed by murmur3's finalizer; `uniform` of generate.py. */
export function uniform(name: string, count: number): Float32Array {
  let seed = 2166136261;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 16777619);
  return Float32Array.from({length: count}, (_, i) => {
    let h = (Math.imul(i, 2654435761) + seed) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h = (h ^ (h >>> 16)) >>> 0;
    return (h >>> 8) / 2 ** 23 - 1;
  });
}

/** `hashed` of generate.py: a weight by its torchvision key and shape. */
export function hashed(name: string, shape: readonly number[]): CpuTensor {
  const data = uniform(name, sizeFromShape(shape));
  const scale =
    shape.length === 1
      ? 0.1
      : Math.sqrt(6 / sizeFromShape(shape.slice(1))) * (shape.length === 2 ? 0.5 : 1);
  const nearOne = shape.length === 1 && /(running_var|weight)$/.test(name);
  return {shape, data: data.map(u => (nearOne ? 0.75 + 0.25 * u : u * scale))};
}
