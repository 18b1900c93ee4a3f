import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Words of an older vocabulary, and British spelling. docs/glossary.md has the words of the field. */
const BANNED =
  /picture|colour|grey|centre|licence|normalis|thumbprint|photograph|near[- ]?cop(?:y|ies)|bundle(?!r)|leftOut|doubt|lookAt|engine/gi;

/** What these words may still mean, each with its reason. */
const ALLOWED: readonly (readonly [path: RegExp, text: RegExp])[] = [
  // The folder and file names of the backend cache: renaming them would orphan installed backends.
  [/^src\/(backend|core)\//, /'engines'|engine\.json/],
  // A method of tfjs.
  [/^src\/backend\//, /tf\.engine\(\)/],
  // Methods of sharp.
  [/^src\/datasets\//, /(to|pipeline)Colourspace/],
  // A file of libheif-js.
  [/^src\/datasets\/formats\//, /libheif-bundle\.js/],
  // Words that people name columns and folders with.
  [/^src\/datasets\/(manifest|layout)\//, /'pictures?'|\|pictures\?\|/],
];

const filesOf = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(ROOT, folder), {recursive: true, encoding: 'utf8'})
    .map(name => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter(path => pattern.test(path));

const SOURCES = [...filesOf('src', /\.c?ts$/), ...filesOf('templates', /\.ts$/)];
const DOCUMENTS = [...filesOf('docs', /^docs\/[^/]+\.md$/), 'README.md'];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** A line without the texts that are allowed in its file. */
const withoutAllowed = (path: string, line: string): string =>
  ALLOWED.filter(([files]) => files.test(path)).reduce(
    (text, [, allowed]) => text.replaceAll(new RegExp(allowed, 'g'), ''),
    line,
  );

/** Exported declarations of a file; not what it only passes on. */
const exportsOf = (text: string): string[] =>
  [
    ...text.matchAll(
      /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) (\w+)/gm,
    ),
  ].map(match => match[1]!);

describe('the vocabulary', () => {
  it('has none of the words that were replaced', () => {
    const found = [...SOURCES, ...DOCUMENTS].flatMap(path =>
      read(path)
        .split('\n')
        .flatMap((line, i) =>
          (withoutAllowed(path, line).match(BANNED) ?? []).map(word => `${path}:${i + 1} ${word}`),
        ),
    );
    expect(found).to.deep.equal([]);
  });

  it('allows nothing that does not occur', () => {
    const unused = ALLOWED.filter(
      ([files, text]) => !SOURCES.some(path => files.test(path) && text.test(read(path))),
    );
    expect(unused).to.deep.equal([]);
  });

  it('finds words in names, strings and comments', () => {
    const words = [
      'wholePicture',
      "'near-copies'",
      '// a bundle',
      'toGreys',
      'hasColour',
      'lookAt',
    ];
    expect(words.filter(word => word.match(BANNED) === null)).to.deep.equal([]);
    expect('one color in the center, for a bundler'.match(BANNED)).to.equal(null);
  });

  it('has one declaration for every exported name', () => {
    const files = new Map<string, string[]>();
    for (const path of SOURCES)
      for (const name of new Set(exportsOf(read(path))))
        files.set(name, [...(files.get(name) ?? []), path]);
    expect([...files].filter(([, paths]) => paths.length > 1)).to.deep.equal([]);
  });
});
