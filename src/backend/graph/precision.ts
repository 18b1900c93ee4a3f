import {readFileSync} from 'node:fs';
import {UnsupportedEnvironmentError} from '../../core/errors.js';
import type {BackendInfo} from '../runtime/backend-info.js';

/** Of the convolutions and what stands between them: float32 throughout, or bfloat16 with weights, statistics and sums in float32. */
export const PRECISIONS = ['fp32', 'bf16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** bf16 was asked for where there is no arithmetic for it. */
export class PrecisionError extends UnsupportedEnvironmentError {
  override readonly code = 'UNSUPPORTED_PRECISION';
}

/** What Linux says of the processor: `flags` on x64, `Features` on arm64. */
const CPUINFO_FILE = '/proc/cpuinfo';

/** @param cpuInfo content of `/proc/cpuinfo` */
export const processorHasBfloat16 = (cpuInfo: string): boolean =>
  /^(flags|Features)\s*:.*\b(avx512_bf16|amx_bf16|bf16)\b/m.test(cpuInfo);

/** bfloat16 came to NVIDIA's GPUs with Ampere. */
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
 * @throws PrecisionError where a backend cannot compute in a precision faster than in float32, or at all
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
 * Lets cuDNN normalize a batch of bfloat16 as it lies, channels last, by its kernels that read it once. TensorFlow else turns every
 * activation round for the batch norms and back for the convolutions. Effective for the process from its first batch norm on.
 */
export function preparePrecision(
  precision: Precision,
  {device}: Pick<BackendInfo, 'device'>,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  if (precision === 'bf16' && device === 'gpu')
    environment.TF_USE_CUDNN_BATCHNORM_SPATIAL_PERSISTENT ??= '1';
}
