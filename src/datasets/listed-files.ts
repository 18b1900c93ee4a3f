import {statSync} from 'node:fs';
import {basename, dirname, isAbsolute, relative, resolve, sep} from 'node:path';
import {isNamedAsImage} from './image-format.js';
import {listFiles, type ListOptions, type ListedFile} from './list-files.js';
import {partNamed} from './split-names.js';

/** A file that a list means; or several that it might mean. */
export type Meant = ListedFile | {readonly several: readonly string[]};

const withoutExtension = (name: string): string => (isNamedAsImage(name) ? name.replace(/\.[^.]+$/, '') : name);

/** The end of a path in all lengths: `a/b.png`, `b.png`. */
const endsOf = (name: string): string[] => name.split('/').map((_, i, words) => words.slice(i).join('/'));

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // no such file, or nothing that could be the name of one
  }
}

/** Files by every end of their path, with and without extension. */
function byEnd(files: readonly ListedFile[]): Map<string, ListedFile[]> {
  const index = new Map<string, ListedFile[]>();
  for (const file of files) {
    for (const end of endsOf(file.name)) {
      for (const key of new Set([end, withoutExtension(end)])) {
        const known = index.get(key);
        if (known === undefined) index.set(key, [file]);
        else known.push(file);
      }
    }
  }
  return index;
}

/**
 * Finds the files that a list names by paths relative to its folder, as they are there: with `\` for `/`, in another spelling of accents,
 * without an extension, or in a folder that the list does not say.
 */
export class ListedFiles {
  readonly #found = new Map<string, Meant | undefined>();
  #index: ReadonlyMap<string, readonly ListedFile[]> = new Map();

  /** @param list path of the list: `train.csv` prefers what lies in `train` */
  constructor(
    readonly list: string,
    readonly options: ListOptions,
  ) {}

  get root(): string {
    return dirname(this.list);
  }

  /** Looks through the folder, unless each row below the first has a cell that names a file as it is: a list may lie in a huge folder. */
  async expect(rows: readonly (readonly string[])[]): Promise<void> {
    if (rows.slice(1).every(cells => cells.some(cell => cell.trim() !== '' && isFile(resolve(this.root, cell.trim()))))) return;
    const {files} = await listFiles(this.root, '', this.options);
    this.#index = byEnd(files.filter(({name}) => isNamedAsImage(name)));
  }

  readonly isImage = (cell: string): boolean => cell !== '' && this.find(cell) !== undefined;

  /** What a path of the list means; undefined where no such file is there. */
  find(path: string): Meant | undefined {
    if (!this.#found.has(path)) this.#found.set(path, this.#look(path));
    return this.#found.get(path);
  }

  #look(path: string): Meant | undefined {
    const place = this.place(path);
    if (isFile(place.path)) return place;
    const slashed = this.place(path.replaceAll('\\', '/'));
    if (isFile(slashed.path)) return slashed;
    const composed = slashed.name;
    const found = this.#index.get(composed) ?? [];
    const exact = found.filter(one => one.name === composed);
    const [only, ...others] = this.#preferred(exact.length > 0 ? exact : found);
    return others.length === 0 ? only : {several: found.map(one => one.name)};
  }

  /** Of several files, those directly where the list says, or in folders for what the list is for by its name. */
  #preferred(files: readonly ListedFile[]): readonly ListedFile[] {
    const part = partNamed(basename(this.list).replace(/\.[^.]+$/, ''));
    const isFor = ({name}: ListedFile): boolean =>
      name
        .split('/')
        .slice(0, -1)
        .some(folder => partNamed(folder) === part);
    const direct = files.filter(({name}) => !name.includes('/'));
    if (files.length > 1 && direct.length === 1) return direct;
    const preferred = part === undefined || files.length < 2 ? files : files.filter(isFor);
    return preferred.length > 0 ? preferred : files;
  }

  /** Where a path leads, taken as it is. */
  place(path: string): ListedFile {
    const file = resolve(this.root, path);
    const inside = relative(this.root, file);
    const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    return {path: file, name: (isOutside ? file : inside.split(sep).join('/')).normalize('NFC')};
  }
}
