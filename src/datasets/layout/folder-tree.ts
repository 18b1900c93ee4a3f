/** A folder and the number of its images. */
export interface FolderNode {
  readonly name: string;
  /** Prefix of its file names: `''`, `train/`. */
  readonly prefix: string;
  /** Number of images directly in the folder. */
  directImages: number;
  /** Number of images at any depth below the folder. */
  totalImages: number;
  readonly folders: Map<string, FolderNode>;
}

const createNode = (name: string, prefix: string): FolderNode => ({
  name,
  prefix,
  directImages: 0,
  totalImages: 0,
  folders: new Map(),
});

/** The folders on the path to a file or folder, top first; created if missing. */
function ensurePath(rootFolder: FolderNode, name: string): FolderNode[] {
  const path = [rootFolder];
  for (const segment of name.slice(rootFolder.prefix.length).split('/').slice(0, -1)) {
    const parent = path.at(-1)!;
    const child = parent.folders.get(segment) ?? createNode(segment, `${parent.prefix}${segment}/`);
    parent.folders.set(segment, child);
    path.push(child);
  }
  return path;
}

/**
 * Builds a folder tree with image counts, from names alone.
 * @param prefix common prefix of all names
 * @param images names of image files, including broken ones; a name that ends in `/` is an unreadable folder
 */
export function buildFolderTree(
  prefix: string,
  images: readonly string[],
  folders: readonly string[],
): FolderNode {
  const rootFolder = createNode('', prefix);
  for (const name of folders) ensurePath(rootFolder, `${name}/`);
  for (const name of images) {
    const path = ensurePath(rootFolder, name);
    for (const folder of path) folder.totalImages++;
    if (!name.endsWith('/')) path.at(-1)!.directImages++;
  }
  return rootFolder;
}

/** Subfolders with images at any depth. */
export const nonEmptySubfolders = ({folders}: FolderNode): FolderNode[] =>
  [...folders.values()].filter(({totalImages}) => totalImages > 0);
