import {readFileSync} from 'node:fs';
import {UnsupportedEnvironmentError} from '../../core/errors.js';
import type {BackendInfo} from '../runtime/backend-info.js';

/** Precision of the convolutions and the ops between them: float32, or bfloat16 with weights, statistics and sums in float32. */
export const PRECISIONS = ['fp32', 'bf16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** bf16 was requested on hardware without bfloat16 arithmetic. */
export class PrecisionError extends UnsupportedEnvironmentError {
  override readonly code = 'UNSUPPORTED_PRECISION';
}

/** Linux's description of the processor: `flags` on x64, `Features` on arm64. */
const CPUINFO_FILE = '/proc/cpuinfo';

/** @param cpuInfo content of `/proc/cpuinfo` */
export const processorHasBfloat16 = (cpuInfo: string): boolean =>
  /^(flags|Features)\s*:.*\b(avx512_bf16|amx_bf16|bf16)\b/m.test(cpuInfo);

/** Compute capability of Ampere, the first NVIDIA GPUs with bfloat16. */
const AMPERE = 8;

function readCpuInfo(): string {
  try {
    return readFileSync(CPUINFO_FILE, 'utf8');
  } catch {
    return '';
  }
}

/**
 * @param cpuInfo content of `/proc/cpuinfo`
 * @throws PrecisionError if the backend does not support the precision, or it is not faster than float32 there
 */
export function requirePrecision(
  precision: Precision,
  {backend, device, gpu}: Pick<BackendInfo, 'backend' | 'device' | 'gpu'>,
  cpuInfo: string = readCpuInfo(),
): void {
  if (precision === 'fp32') return;
  const fail = (expected: string, found: string): never => {
    throw new PrecisionError(`--precision bf16 needs ${expected}; ${found}. Use --precision fp32.`);
  };
  if (backend !== 'tensorflow') fail('TensorFlow', 'this is the portable backend');
  if (device === 'gpu') {
    const found = gpu?.computeCapability;
    if (!(Number(found) >= AMPERE))
      fail(
        'a GPU of compute capability 8.0 or newer',
        found === undefined ? 'that of this one is not known' : `this one has ${found}`,
      );
  } else if (!processorHasBfloat16(cpuInfo)) {
    fail('a processor with bfloat16 arithmetic (AVX512_BF16, AMX)', 'this one has none');
  }
}

/**
 * Makes cuDNN normalize bfloat16 batches in channels-last layout, with the kernels that read a batch once. Otherwise TensorFlow transposes
 * every activation before and after each batch norm. Effective for the whole process from the first batch norm on.
 */
export function preparePrecision(
  precision: Precision,
  {device}: Pick<BackendInfo, 'device'>,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  if (precision === 'bf16' && device === 'gpu')
    environment.TF_USE_CUDNN_BATCHNORM_SPATIAL_PERSISTENT ??= '1';
}
