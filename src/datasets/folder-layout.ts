/** Names that a folder of a ready-made split goes by, in lower case. */
const SPLIT_NAMES = {
  train: ['train', 'training'],
  validation: ['val', 'valid', 'validation'],
  test: ['test', 'testing'],
} as const;

export type Part = keyof typeof SPLIT_NAMES;

/** Where the class folders are: prefixes of names (`''`, `'train/'`), and the top folders that play no part. */
export interface FolderLayout {
  readonly layout: 'classes' | 'splits';
  readonly prefixes: {readonly train: string; readonly validation?: string; readonly test?: string};
  readonly unused: readonly string[];
}

/** The part of a split that a folder of this name is for. */
export const partNamed = (folder: string): Part | undefined =>
  (Object.keys(SPLIT_NAMES) as Part[]).find(part => (SPLIT_NAMES[part] as readonly string[]).includes(folder.toLowerCase()));

const isTop = (name: string): boolean => !name.includes('/');

function splitFolderFor(part: Part, topFolders: readonly string[]): string | undefined {
  const known: readonly string[] = SPLIT_NAMES[part];
  return topFolders.find(folder => known.includes(folder.toLowerCase()));
}

/** A class may be called `train` (and its neighbours `car` and `plane`), so a split folder must hold folders and no images of its own. */
function holdsFoldersOnly(folder: string, imageNames: readonly string[], folders: readonly string[]): boolean {
  const isDirectly = (name: string): boolean => name.startsWith(`${folder}/`) && isTop(name.slice(folder.length + 1));
  return folders.some(isDirectly) && !imageNames.some(isDirectly);
}

/**
 * Tells `root/<class>/...` from `root/{train,val,test}/<class>/...` by names alone.
 *
 * @param imageNames of the files that are images, relative to the root
 * @param folders all folders below the root, relative to it
 */
export function findLayout(imageNames: readonly string[], folders: readonly string[]): FolderLayout {
  const tops = folders.filter(isTop);
  const train = splitFolderFor('train', tops);
  const validation = splitFolderFor('validation', tops);
  const test = splitFolderFor('test', tops);
  const hasCompany = validation !== undefined || test !== undefined || tops.length === 1;
  if (train === undefined || !hasCompany || !holdsFoldersOnly(train, imageNames, folders)) {
    return {layout: 'classes', prefixes: {train: ''}, unused: []};
  }
  return {
    layout: 'splits',
    prefixes: {
      train: `${train}/`,
      ...(validation !== undefined && {validation: `${validation}/`}),
      ...(test !== undefined && {test: `${test}/`}),
    },
    unused: tops.filter(folder => ![train, validation, test].includes(folder)),
  };
}
