import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {
  readSystemResources,
  usableCores,
  type SystemResources,
} from '../../core/system-resources.js';
import {cudaDirectory} from '../install/backend-directory.js';
import type {BackendOptions} from './backend-info.js';

/** Environment variables that are set here and read by TensorFlow and CUDA. */
export const TENSORFLOW_VARIABLES = [
  ...[
    'TF_CPP_MIN_LOG_LEVEL',
    'TF_ENABLE_ONEDNN_OPTS',
    'TF_FORCE_GPU_ALLOW_GROWTH',
    'TF_NUM_INTRAOP_THREADS',
    'TF_NUM_INTEROP_THREADS',
    'OMP_NUM_THREADS',
    'NVIDIA_TF32_OVERRIDE',
  ],
  ...['CUDA_CACHE_MAXSIZE', 'CUDA_DEVICE_ORDER', 'CUDA_VISIBLE_DEVICES', 'XLA_FLAGS'],
];

/**
 * Sets the variables that TensorFlow and CUDA read when they are loaded. The user's values take precedence, except for the device.
 * @param visibleDevice the GPU to expose; undefined hides all
 */
export function prepareEnvironment(
  {threads}: Pick<BackendOptions, 'threads'>,
  visibleDevice: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  machine: Pick<SystemResources, 'cores'> = readSystemResources(),
): void {
  environment.TF_CPP_MIN_LOG_LEVEL ??= '2';
  environment.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // Otherwise TensorFlow allocates nearly all GPU memory at start.
  environment.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Otherwise float32 products are rounded to 10 bits of mantissa, and an exported model differs from its classifier by more than is
  // allowed.
  environment.NVIDIA_TF32_OVERRIDE ??= '0';
  // Kernels for GPUs newer than the wheel are compiled on first use. The default cache is too small to keep them.
  environment.CUDA_CACHE_MAXSIZE ??= String(4 * 2 ** 30);
  if (environment.CUDA_VISIBLE_DEVICES === undefined)
    environment.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID';
  environment.CUDA_VISIBLE_DEVICES = visibleDevice ?? '-1';
  if (threads !== undefined) environment.TF_NUM_INTRAOP_THREADS = String(threads);
  // TensorFlow counts the host's processors and would start one thread for each, even in a container limited to two.
  if (machine.cores.limit === undefined) return;
  for (const name of ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OMP_NUM_THREADS'])
    environment[name] ??= String(usableCores(machine));
}

/** Points XLA to the PTX assembler and bitcode that are installed with a backend. */
export function setCudaToolsPath(
  directory: string,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  const cudaTools = join(cudaDirectory(directory), 'cuda_nvcc');
  if (!existsSync(cudaTools) || environment.XLA_FLAGS?.includes('xla_gpu_cuda_data_dir')) return;
  environment.XLA_FLAGS = [environment.XLA_FLAGS, `--xla_gpu_cuda_data_dir=${cudaTools}`]
    .filter(Boolean)
    .join(' ');
}
