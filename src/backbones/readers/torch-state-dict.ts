import {Malformed} from './malformed.js';
import {TorchTensor} from './torch-dialect.js';

/** Where training scripts put the weights in a checkpoint; the plain weights before their moving averages. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'module', 'params'];
const AVERAGES = ['model_ema', 'state_dict_ema', 'ema_state_dict', 'ema'];

const GIVE_STATE_DICT = 'save model.state_dict() alone with torch.save and give that file';

/** Deeper than any checkpoint nests its state dict. */
const MAX_DEPTH = 4;

function holdsTensors(value: unknown): boolean {
  if (!(value instanceof Map)) return false;
  for (const [name, item] of value) if (typeof name === 'string' && item instanceof TorchTensor) return true;
  return false;
}

/**
 * Finds the state dict in what a file pickled: the value itself, or what a training script wrapped it in.
 * @throws Malformed where there is none, or more than one under names that tell nothing
 */
export function stateDictIn(root: unknown): ReadonlyMap<string, TorchTensor> {
  const found = search(root, 0, new Set());
  if (found !== undefined) return tensorsOf(found);
  if (root instanceof TorchTensor) throw new Malformed('a single tensor without a name', GIVE_STATE_DICT);
  if (!(root instanceof Map)) throw new Malformed('a pickled value that is not a dictionary of tensors', GIVE_STATE_DICT);
  const keys = [...root.keys()].slice(0, 8).map(key => (typeof key === 'string' ? `"${key.slice(0, 40)}"` : 'something'));
  throw new Malformed(`a dictionary with ${keys.join(', ') || 'nothing in it'}, and no state dict under a known name`, GIVE_STATE_DICT);
}

/** @param seen looked into already: dictionaries may contain themselves, and each other many times */
function search(value: unknown, depth: number, seen: Set<unknown>): Map<unknown, unknown> | undefined {
  if (!(value instanceof Map) || seen.has(value) || depth > MAX_DEPTH) return undefined;
  if (holdsTensors(value)) return value;
  seen.add(value);
  for (const wrapper of [...WRAPPERS, ...AVERAGES]) {
    const inside = search(value.get(wrapper), depth + 1, seen);
    if (inside !== undefined) return inside;
  }
  const unnamed = [...new Set(value.values())].filter(holdsTensors);
  return unnamed.length === 1 ? (unnamed[0] as Map<unknown, unknown>) : undefined;
}

function tensorsOf(dictionary: ReadonlyMap<unknown, unknown>): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of dictionary) {
    if (typeof name === 'string' && value instanceof TorchTensor) tensors.set(name, value);
  }
  return tensors;
}
