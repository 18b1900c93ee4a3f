import {FormatError} from '../format-error.js';
import {NumpyArray} from './numpy-arrays.js';
import {TorchTensor} from './torch-tensor.js';

/** Maximum nesting. Nested modules take three levels each. */
const MAX_DEPTH = 64;

/** Maximum length of a name; longer than any weight's. */
const MAX_NAME = 500;

/** Fields of torch.nn modules that hold what a state dict names without the field. */
const MODULE_FIELDS: ReadonlySet<unknown> = new Set(['_modules', '_parameters', '_buffers']);

const STATE_DICT_REMEDY = 'save model.state_dict() with torch.save and give that file';

/**
 * Collects all tensors of a pickled value, by the keys that lead to them: `state_dict.module.conv1.weight`. Dictionaries, lists and fields
 * of objects are visited once: they may contain themselves, or each other many times.
 * @throws FormatError if there is none
 */
export function collectNamedTensors(root: unknown): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  collectTensors(root, '', 0, tensors, new Set());
  if (tensors.size > 0) return tensors;
  if (root instanceof TorchTensor)
    throw new FormatError('a single tensor without a name', STATE_DICT_REMEDY);
  if (!(root instanceof Map))
    throw new FormatError('a pickled value that is not a dictionary of tensors', STATE_DICT_REMEDY);
  const keys = [...root.keys()]
    .slice(0, 8)
    .map(key => (typeof key === 'string' ? `"${key.slice(0, 40)}"` : 'something'));
  throw new FormatError(
    `a dictionary with ${keys.join(', ') || 'nothing in it'}, and no tensor inside`,
    STATE_DICT_REMEDY,
  );
}

function collectTensors(
  value: unknown,
  name: string,
  depth: number,
  tensors: Map<string, TorchTensor>,
  seen: Set<unknown>,
): void {
  const tensor = value instanceof NumpyArray ? value.tensor : value;
  if (tensor instanceof TorchTensor) {
    if (name !== '' && !tensors.has(name)) tensors.set(name, tensor);
    return;
  }
  if (!(value instanceof Map || Array.isArray(value)) || seen.has(value) || depth > MAX_DEPTH)
    return;
  seen.add(value);
  for (const [key, inner] of listEntries(value)) {
    const childName = MODULE_FIELDS.has(key) ? name : joinKey(name, key);
    if (childName !== undefined) collectTensors(inner, childName, depth + 1, tensors, seen);
  }
}

const isPair = (item: unknown): item is [string, unknown] =>
  Array.isArray(item) && item.length === 2 && typeof item[0] === 'string';

/** Entries of a dictionary or list. A list of (name, tensor) pairs counts as a dictionary. */
function listEntries(
  value: ReadonlyMap<unknown, unknown> | readonly unknown[],
): Iterable<readonly [unknown, unknown]> {
  return Array.isArray(value) && value.every(isPair)
    ? value
    : (value.entries() as Iterable<[unknown, unknown]>);
}

/** Appends a key to a name; undefined for a key that cannot be part of a name. */
function joinKey(name: string, key: unknown): string | undefined {
  if (typeof key !== 'string' && typeof key !== 'number') return undefined;
  const childName = name === '' ? String(key) : `${name}.${key}`;
  return childName.length > MAX_NAME ? undefined : childName;
}
