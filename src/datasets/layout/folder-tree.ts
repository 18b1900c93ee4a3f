/** A folder and how many images are in it. */
export interface FolderNode {
  readonly name: string;
  /** What the names of its files begin with: `''`, `train/`. */
  readonly prefix: string;
  /** Images that are in no subfolder of it. */
  directImages: number;
  /** Images below it. */
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

/** The folders on the way to a file or a folder, the top first; made where they were not. */
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
 * Folders with the images in them, by names alone.
 * @param prefix that all names begin with
 * @param images names of files that are images, or should be; what ends in `/` is an unreadable folder
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

/** Sub-folders that hold images somewhere. */
export const nonEmptySubfolders = ({folders}: FolderNode): FolderNode[] =>
  [...folders.values()].filter(({totalImages}) => totalImages > 0);
