import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {measureSource, type SourceMeasure} from './helpers/measure-source.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A folder imports from lower layers and from itself; docs/architecture.md says why. */
const LAYERS: Readonly<Record<string, number>> = {
  core: 0,
  backend: 1,
  datasets: 1,
  backbones: 2,
  heads: 2,
  training: 3,
  export: 4,
  report: 4,
  templates: 5,
  inference: 5,
  finetune: 5,
  cli: 6,
  bench: 7,
  scripts: 7,
};

/** Where each third-party package is wrapped: nothing else imports it. */
const WRAPPED_DEPENDENCIES: readonly (readonly [package_: RegExp, files: RegExp])[] = [
  [/^#tfjs/, /^src\/backend\//],
  [/^@tensorflow\//, /^src\/backend\//],
  [/^node-api-headers$/, /^src\/backend\//],
  [/^csv-parse$/, /^src\/datasets\/manifest\/manifest-table\.ts$/],
  [/^(sharp|glob)$/, /^(src\/datasets|bench)\//],
  [/^ajv$/, /^src\/core\/schema\.ts$/],
  [/^yauzl$/, /^src\/core\/files\/zip\.ts$/],
  [/^(h5wasm|undici)(\/.*)?$/, /^src\/backbones\//],
  [/^(tar|libheif-js)(\/.*)?$/, /^src\/datasets\//],
  [/^(yargs|string-width|wrap-ansi)(\/.*)?$/, /^src\/cli\//],
  [/^prettier$/, /^scripts\//],
  [/^node:/, /./],
];

/** Lines of a file. */
const LONGEST_FILE = 250;

/** Lines of a function, with its signature. */
const LONGEST_FUNCTION = 50;

/** Import statements of a file. */
const MOST_IMPORTS = 15;

const WORDS_NOT_USED = /\b\w*(util|manager|handler|processor)s?\b/i;

interface Source {
  /** From the root, `/` between folders. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly string[];
  readonly measure: SourceMeasure;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|import(?: \w+ = require)?\('([^']+)'\)/g;

const paths = ['src', 'templates', 'bench', 'scripts']
  .flatMap(top =>
    readdirSync(join(ROOT, top), {recursive: true, encoding: 'utf8'}).map(name => join(top, name)),
  )
  .filter(name => /\.c?ts$/.test(name))
  .map(name => name.replaceAll('\\', '/'));

const sources: readonly Source[] = await Promise.all(
  paths.map(async path => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return {
      path,
      lines: text.trimEnd().split('\n'),
      imports: [...text.matchAll(IMPORT)].map(match => (match[1] ?? match[2])!),
      measure: await measureSource(text),
    };
  }),
);

/** A folder of `src`, or `templates`, `bench` or `scripts`. */
const folderOf = (path: string): string => path.replace(/^src\//, '').split('/')[0]!;
const targetOf = (from: string, specifier: string): string =>
  join(dirname(from), specifier).replaceAll('\\', '/').replace(/js$/, 'ts');

const SILENCED = /\bas any\b|: any\b/;
const LEFT = /@ts-(ignore|nocheck)|TODO|FIXME|XXX/;

/** A line without its comment. */
const code = (line: string): string => line.replace(/\/\/.*|^\s*\/?\*.*/, '');

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Words of an older vocabulary; docs/glossary.md has the field's words. */
const OLD_WORDS =
  /picture|thumbprint|bundle|engine|colour|licen[c]e|normalise|centre|\bgrey|suspects|near-cop|hushed|wish/i;

/** Files from which a file reaches itself again through imports. */
function filesInCycles(): string[] {
  const imports = new Map(
    sources.map(({path, imports: specifiers}) => [
      path,
      specifiers
        .filter(specifier => specifier.startsWith('.'))
        .map(specifier => targetOf(path, specifier)),
    ]),
  );
  const reaches = (from: string): boolean => {
    const seen = new Set<string>();
    const open = [...(imports.get(from) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === from) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(imports.get(next) ?? []));
    }
    return false;
  };
  return [...imports.keys()].filter(reaches);
}

describe('the architecture', () => {
  it('imports only from lower layers', () => {
    const wrong = sources.flatMap(({path, imports}) =>
      imports
        .filter(specifier => specifier.startsWith('.'))
        .map(specifier => targetOf(path, specifier))
        .filter(target => {
          const [from, to] = [folderOf(path), folderOf(target)];
          return (
            path !== 'src/index.ts' &&
            from !== to &&
            !(LAYERS[to]! < LAYERS[from]! || (from === 'heads' && to === 'backbones'))
          );
        })
        .map(target => `${path} -> ${target}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('imports no index file', () => {
    const wrong = sources
      .filter(({imports}) => imports.some(specifier => /(^|\/)index\.js$/.test(specifier)))
      .map(({path}) => path);
    expect(wrong).to.deep.equal([]);
  });

  it('wraps each third-party package in one place', () => {
    const wrong = sources.flatMap(({path, imports}) =>
      imports
        .filter(specifier => !specifier.startsWith('.'))
        .filter(
          specifier =>
            !WRAPPED_DEPENDENCIES.some(
              ([package_, files]) => package_.test(specifier) && files.test(path),
            ),
        )
        .map(specifier => `${path} imports ${specifier}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('nothing prints or exits outside cli and bench', () => {
    const wrong = sources
      .filter(
        ({path}) => !['cli', 'bench'].includes(folderOf(path)) && !path.endsWith('-process.ts'),
      )
      .flatMap(({path, lines}) => lines.map((line, i) => ({path, line, number: i + 1})))
      .filter(({line}) => /\bconsole\.|process\.(exit|stdout|stderr)\b/.test(code(line)))
      .map(({path, line, number}) => `${path}:${number} ${line.trim()}`);
    expect(wrong).to.deep.equal([]);
  });

  it('keeps files short', () => {
    expect(median(sources.map(({lines}) => lines.length))).to.be.below(100);
    const long = sources.filter(({lines}) => lines.length > LONGEST_FILE).map(({path}) => path);
    expect(long.sort()).to.deep.equal([]);
  });

  it('keeps functions short', () => {
    const long = sources.flatMap(({path, measure}) =>
      measure.functions
        .filter(({lines}) => lines > LONGEST_FUNCTION)
        .map(({name}) => `${path} ${name}`),
    );
    expect(long.sort()).to.deep.equal([]);
  });

  it('keeps imports of a file few', () => {
    const many = sources
      .filter(({measure}) => measure.imports > MOST_IMPORTS)
      .map(({path}) => path);
    expect(many.sort()).to.deep.equal([]);
  });

  it('counts imports, and the lines of functions with their signatures', async () => {
    const text = `import {a} from 'a';
import type {
  B,
} from 'b';

export async function wrapped<T>(
  {left, right}: Sides,
  options: B = {},
): Promise<
  readonly T[]
> {
  return [left, right].map(side => {
    return a(side);
  });
}

class Store {
  static #load = async (
    path: string,
  ): Promise<void> => {};

  #read(path: string) {
    if (path) {
      return 1;
    }
  }
}
`;
    expect(await measureSource(text)).to.deep.equal({
      imports: 2,
      functions: [
        {name: 'wrapped', lines: 10},
        {name: 'anonymous', lines: 3},
        {name: 'load', lines: 3},
        {name: 'read', lines: 5},
      ],
    });
  });

  it('keeps at most 16 files in a folder of src', () => {
    const folders = sources.map(({path}) => dirname(path)).filter(path => path.startsWith('src'));
    const full = [...new Set(folders)].filter(
      folder => folders.filter(other => other === folder).length > 16,
    );
    expect(full).to.deep.equal([]);
  });

  it('has no import cycle', () => {
    expect(filesInCycles()).to.deep.equal([]);
  });

  it('names files by the words of the field', () => {
    const names = sources.map(({path}) => path);
    expect(names.filter(path => OLD_WORDS.test(path))).to.deep.equal([]);
  });

  it('names say what a thing is', () => {
    expect(sources.map(({path}) => path).filter(path => WORDS_NOT_USED.test(path))).to.deep.equal(
      [],
    );
  });

  it('no type is silenced and no work is left for later', () => {
    const wrong = sources.flatMap(({path, lines}) =>
      lines.flatMap((line, i) =>
        SILENCED.test(code(line)) || LEFT.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [],
      ),
    );
    expect(wrong).to.deep.equal([]);
  });
});
