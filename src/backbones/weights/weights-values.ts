import type {CpuTensor} from '../../core/state-dict.js';
import {formatInteger} from '../../core/text/format-count.js';
import type {SourceTensor} from './backbone-search.js';
import {truncateText} from '../readers/format-error.js';
import {WeightsFileError} from '../readers/weights-file.js';

const isVariance = (name: string): boolean => /(?:running_var|moving_variance)$/.test(name);

function countMatching(data: Float32Array, predicate: (value: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (predicate(data[i]!)) count++;
  return count;
}

/**
 * @param key torchvision's name of the tensor
 * @throws WeightsFileError for values that training cannot produce: such a network computes garbage, which would show only at the end of a
 * run
 */
export function checkFiniteValues(
  path: string,
  name: string,
  key: string,
  data: Float32Array,
): void {
  const createError = (count: number, what: string): WeightsFileError =>
    new WeightsFileError(
      {
        path,
        reason: `${formatInteger(count)} of the ${formatInteger(data.length)} numbers of tensor "${truncateText(name, 120)}" ${what}`,
      },
      {
        remedy:
          'the training that made the file has failed, or the file is damaged: give other weights',
      },
    );
  const infinite = countMatching(data, value => !Number.isFinite(value));
  if (infinite > 0) throw createError(infinite, 'not finite (NaN or infinite)');
  const negative = isVariance(key) ? countMatching(data, value => value < 0) : 0;
  if (negative > 0) throw createError(negative, 'below zero, which no variance is');
}

/** Reads tensors and checks every value. */
export async function readFiniteTensors(
  path: string,
  tensors: ReadonlyMap<string, SourceTensor>,
): Promise<Map<string, CpuTensor>> {
  const tensorsRead = new Map<string, CpuTensor>();
  for (const [key, {name, tensor}] of tensors) {
    const data = await tensor.read();
    checkFiniteValues(path, name, key, data);
    tensorsRead.set(key, {shape: tensor.shape, data});
  }
  return tensorsRead;
}
