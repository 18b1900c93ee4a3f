import {UsageError} from '../../core/errors.js';
import {suggest} from '../../core/text/suggest.js';

/** Flags of other tools, and their names here. */
const FOREIGN_FLAGS: Readonly<Record<string, string>> = {
  model: 'arch',
  'data-path': 'data',
  'data-dir': 'data',
  'train-dir': 'data',
  pretrained: 'weights',
  'learning-rate': 'lr',
  opt: 'optimizer',
  wd: 'weight-decay',
  batch: 'batch-size',
  'img-size': 'image-size',
  imgsz: 'image-size',
  smoothing: 'label-smoothing',
  config: 'recipe',
  cfg: 'recipe',
  output: 'out',
  'output-dir': 'out',
  'num-workers': 'workers',
};

/** @throws UsageError (exit 2) for a flag that the command does not have, with the nearest known flag */
export function checkFlagNames(
  flags: Readonly<Record<string, unknown>>,
  known: readonly string[],
  help: string,
): void {
  const unknown = Object.keys(flags).find(flag => !known.includes(flag));
  if (unknown === undefined) return;
  if (unknown.length === 1) throw new UsageError(`-${unknown} is no known flag. See ${help}.`);
  const equivalent = FOREIGN_FLAGS[unknown.toLowerCase()];
  const hint =
    equivalent !== undefined && known.includes(equivalent)
      ? `; did you mean --${equivalent}?`
      : suggest(unknown, known, '--') || '.';
  throw new UsageError(`--${unknown} is no known flag${hint} See ${help}.`);
}
