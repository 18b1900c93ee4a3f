import {expect} from 'chai';
import type {Gpu} from '../../../src/backend/runtime/device.js';
import {
  PrecisionError,
  preparePrecision,
  processorHasBfloat16,
  requirePrecision,
  type Precision,
} from '../../../src/backend/graph/precision.js';

const gpuOf = (computeCapability: string): Gpu => ({
  index: 0,
  name: 'a GPU',
  memoryMiB: 8192,
  computeCapability,
  uuid: 'GPU-0',
});
const CPU = {backend: 'tensorflow', device: 'cpu'} as const;
const WITH = 'processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16 avx512vl\n';
const WITHOUT = 'processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512_bf16x\n';

describe('precision', () => {
  it('of float32 is available everywhere', () => {
    requirePrecision('fp32', {backend: 'wasm', device: 'cpu'}, WITHOUT);
    requirePrecision('fp32', {backend: 'tensorflow', device: 'gpu', gpu: gpuOf('3.5')}, WITHOUT);
  });

  it('knows processors with bfloat16 arithmetic by what Linux says of them', () => {
    expect(
      [WITH, 'flags : fpu amx_bf16', 'Features\t: fp asimd bf16', WITHOUT, ''].map(
        processorHasBfloat16,
      ),
    ).to.deep.equal([true, true, true, false, false]);
  });

  it('bf16 needs TensorFlow, and a processor or a GPU with arithmetic for it', () => {
    requirePrecision('bf16', CPU, WITH);
    requirePrecision('bf16', {backend: 'tensorflow', device: 'gpu', gpu: gpuOf('8.0')}, WITHOUT);
    const refusals: readonly (readonly [Parameters<typeof requirePrecision>[1], string])[] = [
      [
        {backend: 'wasm', device: 'cpu'},
        '--precision bf16 needs TensorFlow; this is the portable backend. Use --precision fp32.',
      ],
      [
        CPU,
        '--precision bf16 needs a processor with bfloat16 arithmetic (AVX512_BF16, AMX); this one has none. Use --precision fp32.',
      ],
      [
        {backend: 'tensorflow', device: 'gpu', gpu: gpuOf('7.5')},
        '--precision bf16 needs a GPU of compute capability 8.0 or newer; this one has 7.5. Use --precision fp32.',
      ],
      [
        {backend: 'tensorflow', device: 'gpu'},
        '--precision bf16 needs a GPU of compute capability 8.0 or newer; that of this one is not known. Use --precision fp32.',
      ],
    ];
    for (const [backend, message] of refusals)
      expect(() => requirePrecision('bf16', backend, WITHOUT))
        .to.throw(PrecisionError)
        .with.property('message', message);
  });

  it('bf16 on a GPU has batch norms read each activation once, unless the user has said otherwise', () => {
    const prepared = (
      precision: Precision,
      device: 'cpu' | 'gpu',
      environment: NodeJS.ProcessEnv = {},
    ): NodeJS.ProcessEnv => {
      preparePrecision(precision, {device}, environment);
      return environment;
    };
    const name = 'TF_USE_CUDNN_BATCHNORM_SPATIAL_PERSISTENT';
    expect(prepared('bf16', 'gpu')).to.deep.equal({[name]: '1'});
    expect(prepared('bf16', 'gpu', {[name]: '0'})).to.deep.equal({[name]: '0'});
    expect([prepared('fp32', 'gpu'), prepared('bf16', 'cpu')]).to.deep.equal([{}, {}]);
  });
});
