import {cpus} from 'node:os';
import {formatCount} from '../../core/text/format-count.js';
import {UnsupportedEnvironmentError} from '../../core/errors.js';
import {usableCores} from '../../core/system-resources.js';
import {runSubprocess} from '../install/subprocess.js';

/** The `device` option. */
export type DeviceOption = 'auto' | 'cpu' | 'gpu' | `gpu:${number}`;

/** An NVIDIA GPU, as nvidia-smi describes it. */
export interface Gpu {
  /** Index as in nvidia-smi, and in CUDA with CUDA_DEVICE_ORDER=PCI_BUS_ID. */
  readonly index: number;
  readonly name: string;
  readonly memoryMiB: number;
  /** `9.0` */
  readonly computeCapability: string;
  /** `GPU-8f4d1c2e-...`; empty if nvidia-smi does not report it. */
  readonly uuid: string;
}

/** A required GPU cannot be used. */
export class GpuError extends UnsupportedEnvironmentError {
  override readonly code = 'GPU_UNAVAILABLE';
}

const QUERY = [
  'nvidia-smi',
  '--query-gpu=index,name,memory.total,compute_cap,uuid',
  '--format=csv,noheader,nounits',
] as const;

/** NVIDIA GPUs of this machine; empty without a driver or nvidia-smi. */
export async function listGpus(environment: NodeJS.ProcessEnv = process.env): Promise<Gpu[]> {
  const result = await runSubprocess(QUERY, {environment});
  return result?.code === 0 ? parseGpus(result.output) : [];
}

/** Parses nvidia-smi's lines: `0, NVIDIA H200, 143771, 9.0, GPU-8f4d1c2e-...`. */
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
 * The GPU to expose to TensorFlow, as a value of CUDA_VISIBLE_DEVICES; undefined for the CPU. Never more than one: with several,
 * tfjs-node-gpu may upload to one and compute on another.
 * @param userVisibleDevices CUDA_VISIBLE_DEVICES as set by the user: `gpu:N` counts within it, as in every CUDA program
 * @throws GpuError if a required GPU does not exist
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

/** The GPU for a value of CUDA_VISIBLE_DEVICES: an index, or the start of a UUID. */
export const findVisibleGpu = (visibleDevice: string, gpus: readonly Gpu[]): Gpu | undefined =>
  gpus.find(
    ({index, uuid}) =>
      visibleDevice === String(index) ||
      (visibleDevice.startsWith('GPU-') && uuid.startsWith(visibleDevice)),
  );

/** CUDA's rule: the list ends at its first invalid entry. */
function untilInvalidEntry(list: string): string[] {
  const entries = list.split(',').map(entry => entry.trim());
  const end = entries.findIndex(entry => entry === '' || entry.startsWith('-'));
  return end === -1 ? entries : entries.slice(0, end);
}

/** Describes a GPU: `gpu:0: NVIDIA H200 (143771 MiB, compute capability 9.0)`. */
export const describeGpu = ({index, name, memoryMiB, computeCapability}: Gpu): string =>
  `gpu:${index}: ${name} (${memoryMiB} MiB, compute capability ${computeCapability})`;

/** Descriptions of the available devices: the processor, then each GPU. */
export function describeDevices(gpus: readonly Gpu[], threads = usableCores()): string[] {
  const processor = `cpu: ${cpus()[0]?.model.trim() ?? process.arch} (${formatCount(threads, 'thread')})`;
  return [processor, ...gpus.map(describeGpu)];
}
