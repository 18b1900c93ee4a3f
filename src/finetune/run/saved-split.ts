import {isDeepStrictEqual} from 'node:util';
import {formatCount} from '../../core/text/format-count.js';
import {defineError, DatasetError} from '../../core/errors.js';
import {
  parseSplitDocument,
  splitChanges,
  toSplitDocument,
  type SplitChange,
} from '../../datasets/splitting/split-file.js';
import type {Split} from '../../datasets/splitting/splits.js';
import type {RunDirectory} from './run-directory.js';

/** Maximum number of changed files in an error message. */
const MAX_NAMED_CHANGES = 3;

/** The images of an interrupted run have changed, so validation images might become training images. */
export class ImagesChangedError extends defineError(
  DatasetError,
  'IMAGES_CHANGED',
  ({path, changes}: {path: string; changes: readonly SplitChange[]}) => {
    const named = changes
      .slice(0, MAX_NAMED_CHANGES)
      .map(({name, change}) => `${name} (${change})`);
    const which =
      changes.length === 0
        ? 'Classes or reasons to leave images out'
        : formatCount(changes.length, 'file');
    const more = changes.length > named.length ? ` and ${changes.length - named.length} more` : '';
    const examples = named.length === 0 ? '' : `: ${named.join(', ')}${more}`;
    return `${which} changed since the run was begun, as ${path} tells${examples}. Put the images back, or start another run.`;
  },
) {}

/**
 * Writes `split.json`, or compares the split with that of the interrupted run.
 * @throws ImagesChangedError if they differ
 */
export async function saveSplit(directory: RunDirectory, split: Split): Promise<void> {
  const document = toSplitDocument(split);
  const saved = await directory.readJson('split');
  if (saved !== undefined && !isDeepStrictEqual(saved, document)) {
    const path = directory.file('split');
    throw new ImagesChangedError({
      path,
      changes: splitChanges(parseSplitDocument(saved, path), document),
    });
  }
  await directory.writeJson('split', document);
}
