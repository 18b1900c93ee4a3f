import {readFileSync} from 'node:fs';
import {MachineError} from '../core/errors.js';
import type {EngineInfo} from './engine-info.js';

/** Of the convolutions and what stands between them: float32 throughout, or bfloat16 with weights, statistics and sums in float32. */
export const PRECISIONS = ['fp32', 'bf16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** bf16 was asked for where there is no arithmetic for it. */
export class PrecisionError extends MachineError {
  override readonly name = 'PrecisionError';
  override readonly code = 'PRECISION_UNAVAILABLE';
}

/** What Linux says of the processor: `flags` on x64, `Features` on arm64. */
const PROCESSOR = '/proc/cpuinfo';

/** @param description content of `/proc/cpuinfo` */
export const processorHasBfloat16 = (description: string): boolean =>
  /^(flags|Features)\s*:.*\b(avx512_bf16|amx_bf16|bf16)\b/m.test(description);

/** bfloat16 came to NVIDIA's GPUs with Ampere. */
const AMPERE = 8;

function describeProcessor(): string {
  try {
    return readFileSync(PROCESSOR, 'utf8');
  } catch {
    return '';
  }
}

/**
 * @param processor content of `/proc/cpuinfo`
 * @throws PrecisionError where an engine cannot compute in a precision faster than in float32, or at all
 */
export function requirePrecision(
  precision: Precision,
  {engine, device, gpu}: Pick<EngineInfo, 'engine' | 'device' | 'gpu'>,
  processor: string = describeProcessor(),
): void {
  if (precision === 'fp32') return;
  const refuse = (expected: string, found: string): never => {
    throw new PrecisionError(`Expected ${expected} for --precision bf16, but found ${found}. Use --precision fp32.`);
  };
  if (engine !== 'tensorflow') refuse('TensorFlow', 'the portable engine');
  if (device === 'gpu') {
    const found = gpu?.computeCapability ?? 'one that is not known';
    if (!(Number(found) >= AMPERE)) refuse('a GPU of compute capability 8.0 or newer', found);
  } else if (!processorHasBfloat16(processor)) {
    refuse('a processor with bfloat16 arithmetic (AVX512_BF16, AMX)', 'one without');
  }
}

/**
 * Lets cuDNN normalise a batch of bfloat16 as it lies, channels last, by its kernels that read it once. TensorFlow else turns every
 * activation round for the batch norms and back for the convolutions. In force for the process from its first batch norm on.
 */
export function preparePrecision(
  precision: Precision,
  {device}: Pick<EngineInfo, 'device'>,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  if (precision === 'bf16' && device === 'gpu') environment.TF_USE_CUDNN_BATCHNORM_SPATIAL_PERSISTENT ??= '1';
}
