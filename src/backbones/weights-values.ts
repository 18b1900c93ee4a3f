import type {HostTensor} from '../core/host-tensor.js';
import type {NamedTensor} from './find-backbone.js';
import {counted, shortened} from './readers/malformed.js';
import {WeightsFileError} from './readers/weights-file.js';

const isVariance = (name: string): boolean => /(?:running_var|moving_variance)$/.test(name);

function countWhere(data: Float32Array, is: (value: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (is(data[i]!)) count++;
  return count;
}

/**
 * @param key what the numbers are, in torchvision's words
 * @throws WeightsFileError for numbers that no training leaves: such a network computes nothing, and would say so only at the end of a run
 */
export function checkValues(path: string, name: string, key: string, data: Float32Array): void {
  const told = (count: number, what: string): WeightsFileError =>
    new WeightsFileError(
      path,
      `${counted(count)} of the ${counted(data.length)} numbers of tensor "${shortened(name, 120)}" ${what}`,
      'the training that made the file has failed, or the file is damaged: give other weights',
    );
  const infinite = countWhere(data, value => !Number.isFinite(value));
  if (infinite > 0) throw told(infinite, 'not finite (NaN or infinite)');
  const negative = isVariance(key) ? countWhere(data, value => value < 0) : 0;
  if (negative > 0) throw told(negative, 'below zero, which no variance is');
}

/** Reads tensors, and checks every number. */
export async function readChecked(path: string, tensors: ReadonlyMap<string, NamedTensor>): Promise<Map<string, HostTensor>> {
  const read = new Map<string, HostTensor>();
  for (const [key, {name, tensor}] of tensors) {
    const data = await tensor.read();
    checkValues(path, name, key, data);
    read.set(key, {shape: tensor.shape, data});
  }
  return read;
}
