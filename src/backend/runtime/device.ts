import {cpus} from 'node:os';
import {formatCount} from '../../core/text/format-count.js';
import {UnsupportedEnvironmentError} from '../../core/errors.js';
import {usableCores} from '../../core/system-resources.js';
import {runSubprocess} from '../install/subprocess.js';

/** What a user may ask computations to run on. */
export type DeviceOption = 'auto' | 'cpu' | 'gpu' | `gpu:${number}`;

/** An NVIDIA GPU, as the driver's own tool describes it. */
export interface Gpu {
  /** As nvidia-smi counts, and CUDA with CUDA_DEVICE_ORDER=PCI_BUS_ID. */
  readonly index: number;
  readonly name: string;
  readonly memoryMiB: number;
  /** `9.0` */
  readonly computeCapability: string;
  /** `GPU-8f4d1c2e-...`; empty where the driver's tool does not say. */
  readonly uuid: string;
}

/** A GPU was demanded and cannot be used. */
export class GpuError extends UnsupportedEnvironmentError {
  override readonly code = 'GPU_UNAVAILABLE';
}

const QUERY = [
  'nvidia-smi',
  '--query-gpu=index,name,memory.total,compute_cap,uuid',
  '--format=csv,noheader,nounits',
] as const;

/** The NVIDIA GPUs of this machine; empty where there is no driver or no nvidia-smi. */
export async function listGpus(environment: NodeJS.ProcessEnv = process.env): Promise<Gpu[]> {
  const result = await runSubprocess(QUERY, {environment});
  return result?.code === 0 ? parseGpus(result.output) : [];
}

/** Reads nvidia-smi's lines: `0, NVIDIA H200, 143771, 9.0, GPU-8f4d1c2e-...`. */
export function parseGpus(output: string): Gpu[] {
  return output.split('\n').flatMap(line => {
    const [index, name, memory, computeCapability, uuid = ''] = line
      .split(',')
      .map(field => field.trim());
    if (
      index === undefined ||
      !/^\d+$/.test(index) ||
      name === undefined ||
      computeCapability === undefined
    )
      return [];
    return [{index: Number(index), name, memoryMiB: Number(memory), computeCapability, uuid}];
  });
}

/**
 * The one GPU to show to TensorFlow, as a value for CUDA_VISIBLE_DEVICES; undefined to compute on the CPU. With several, tfjs-node-gpu
 * uploads to one while operations may run on another, so there is never more than one.
 * @param userVisibleDevices CUDA_VISIBLE_DEVICES as the user set it: `gpu:N` counts within it, as in every CUDA program
 * @throws GpuError where a GPU is demanded that is not there
 */
export function selectVisibleGpu(
  device: DeviceOption,
  gpus: readonly Gpu[],
  userVisibleDevices: string | undefined,
): string | undefined {
  if (device === 'cpu') return undefined;
  const allowedDevices =
    gpus.length === 0
      ? []
      : userVisibleDevices === undefined
        ? gpus.map(gpu => String(gpu.index))
        : untilInvalidEntry(userVisibleDevices);
  const selected =
    allowedDevices[device.startsWith('gpu:') ? Number(device.slice('gpu:'.length)) : 0];
  if (selected !== undefined || device === 'auto') return selected;
  if (gpus.length === 0) {
    throw new GpuError(
      `There is no NVIDIA GPU for --device ${device} (nvidia-smi lists none; the driver's libcuda.so.1 is what TensorFlow needs). Install the driver, or use --device cpu.`,
    );
  }
  const limit =
    userVisibleDevices === undefined
      ? ''
      : ` allowed by CUDA_VISIBLE_DEVICES=${userVisibleDevices}`;
  const remedy =
    allowedDevices.length === 0
      ? 'Allow one there, or use --device cpu'
      : `Use gpu:0${allowedDevices.length === 1 ? '' : ` to gpu:${allowedDevices.length - 1}`}, or --device cpu`;
  throw new GpuError(
    `--device ${device} is not available: this machine has ${formatCount(allowedDevices.length, 'GPU')}${limit}. ${remedy}.`,
  );
}

/** The GPU behind a value for CUDA_VISIBLE_DEVICES: a number, or the beginning of a UUID. */
export const findVisibleGpu = (visibleDevice: string, gpus: readonly Gpu[]): Gpu | undefined =>
  gpus.find(
    ({index, uuid}) =>
      visibleDevice === String(index) ||
      (visibleDevice.startsWith('GPU-') && uuid.startsWith(visibleDevice)),
  );

/** CUDA's own rule: the list ends at its first entry that names no device. */
function untilInvalidEntry(list: string): string[] {
  const entries = list.split(',').map(entry => entry.trim());
  const end = entries.findIndex(entry => entry === '' || entry.startsWith('-'));
  return end === -1 ? entries : entries.slice(0, end);
}

/** `gpu:0: NVIDIA H200 (143771 MiB, compute capability 9.0)` */
export const describeGpu = ({index, name, memoryMiB, computeCapability}: Gpu): string =>
  `gpu:${index}: ${name} (${memoryMiB} MiB, compute capability ${computeCapability})`;

/** What computations can run on here, for people: the processor, then each GPU. */
export function describeDevices(gpus: readonly Gpu[], threads = usableCores()): string[] {
  const processor = `cpu: ${cpus()[0]?.model.trim() ?? process.arch} (${formatCount(threads, 'thread')})`;
  return [processor, ...gpus.map(describeGpu)];
}
