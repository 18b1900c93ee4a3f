/** A folder and how many images are in it. */
export interface Folder {
  readonly name: string;
  /** What the names of its files begin with: `''`, `train/`. */
  readonly prefix: string;
  /** Images that lie in no sub-folder of it. */
  direct: number;
  /** Images below it. */
  total: number;
  readonly folders: Map<string, Folder>;
}

const folderAt = (name: string, prefix: string): Folder => ({name, prefix, direct: 0, total: 0, folders: new Map()});

/** The folders on the way to a file or a folder, the top first; made where they were not. */
function wayTo(top: Folder, name: string): Folder[] {
  const way = [top];
  for (const word of name.slice(top.prefix.length).split('/').slice(0, -1)) {
    const last = way.at(-1)!;
    const next = last.folders.get(word) ?? folderAt(word, `${last.prefix}${word}/`);
    last.folders.set(word, next);
    way.push(next);
  }
  return way;
}

/**
 * Folders with the images in them, by names alone.
 * @param prefix that all names begin with
 * @param images names of files that are images, or should be; what ends in `/` is a folder that nobody can look into
 */
export function folderTree(prefix: string, images: readonly string[], folders: readonly string[]): Folder {
  const top = folderAt('', prefix);
  for (const name of folders) wayTo(top, `${name}/`);
  for (const name of images) {
    const way = wayTo(top, name);
    for (const folder of way) folder.total++;
    if (!name.endsWith('/')) way.at(-1)!.direct++;
  }
  return top;
}

/** Sub-folders that hold images somewhere. */
export const filled = ({folders}: Folder): Folder[] => [...folders.values()].filter(({total}) => total > 0);
