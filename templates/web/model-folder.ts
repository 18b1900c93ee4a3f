import type {ModelSource} from './inference/model-source.js';

/** The file that the folder of every model has. */
const METADATA = 'metadata.json';

/** A file with its path in the folder that was chosen, as browsers give it: `model/web/index.html`. */
export type ChosenFile = Pick<File, 'webkitRelativePath'> & Blob;

/**
 * The model in a folder that was chosen: that of the run will do as well.
 * @returns undefined if there is none
 */
export function findModelIn(files: readonly ChosenFile[]): ModelSource | undefined {
  const byPath = new Map(files.map(file => [file.webkitRelativePath, file]));
  const [nearest] = [...byPath.keys()]
    .filter(path => path.split('/').at(-1) === METADATA)
    .sort((a, b) => a.split('/').length - b.split('/').length);
  if (nearest === undefined) return undefined;
  const folder = nearest.slice(0, -METADATA.length);
  const inside = [...byPath].filter(([path]) => path.startsWith(folder));
  return {files: new Map(inside.map(([path, file]) => [path.slice(folder.length), file]))};
}
