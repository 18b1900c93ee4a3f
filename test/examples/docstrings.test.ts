import {execFile} from 'node:child_process';
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {temporaryDirectory} from '../helpers/temporary.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const INDEX = join(ROOT, 'src/index.ts');

/** Values that an example may use without making them. */
const PRELUDE = `
declare const classifier: Classifier;
declare const extractor: FeatureExtractor;
declare const folder: ImageFolder;
declare const model: ExportedModel;
declare const recipe: Recipe;
`;

interface PublicName {
  readonly name: string;
  readonly isType: boolean;
  readonly file: string;
}

/** What `src/index.ts` exports, and where each is declared. */
function publicNames(): PublicName[] {
  const text = readFileSync(INDEX, 'utf8');
  return [...text.matchAll(/export (type )?\{([^}]*)\} from '([^']+)\.js'/g)].flatMap(
    ([, type, names, file]) =>
      names!
        .split(',')
        .map(name => name.trim())
        .filter(name => name !== '')
        .map(name => ({
          name: name.replace(/^type /, ''),
          isType: type !== undefined || name.startsWith('type '),
          file: join(dirname(INDEX), `${file}.ts`),
        })),
  );
}

/** The code of the `@example` above the declaration of a name. */
function exampleOf({name, file}: PublicName): string | undefined {
  const text = readFileSync(file, 'utf8');
  const declaration = new RegExp(
    `^export (?:abstract |async )*(?:function|class|interface|type|const) ${name}\\b`,
    'm',
  );
  const before = text.slice(0, declaration.exec(text)?.index ?? 0);
  if (!before.endsWith('*/\n')) return undefined;
  const comment = before.slice(before.lastIndexOf('/**'), -'*/\n'.length);
  const [, example] = comment.split('@example');
  return example?.replaceAll(/^ \* ?/gm, '').trim();
}

describe('the public exports', function () {
  this.timeout(120_000);
  const names = publicNames();

  it('each have an example', () => {
    expect(names).to.have.lengthOf.above(30);
    expect(names.filter(each => !exampleOf(each)).map(({name}) => name)).to.deep.equal([]);
  });

  it('have examples that type-check', async () => {
    const project = temporaryDirectory();
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(ROOT, join(project, 'node_modules/finetune'));
    symlinkSync(join(ROOT, 'node_modules/@types'), join(project, 'node_modules/@types'));
    writeFileSync(join(project, 'package.json'), '{"type": "module"}');
    const imports = names.map(({name, isType}) => (isType ? `type ${name}` : name)).join(', ');
    const files = names.map(each => {
      const path = join(project, `${each.name}.ts`);
      const code = exampleOf(each)!;
      const isWhole = code.startsWith('import ');
      const head = isWhole ? '' : `import {${imports}} from 'finetune';\n${PRELUDE}`;
      writeFileSync(
        path,
        `${head}{\n${isWhole ? '' : code}\n}\n${isWhole ? code : ''}\nexport {};\n`,
      );
      return path;
    });
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023'];
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const found = await promisify(execFile)(
      process.execPath,
      [tsc, ...flags, '--module', 'nodenext', '--types', 'node', ...files],
      {cwd: project},
    ).catch((error: unknown) => error as {stdout: string});
    expect(found.stdout).to.equal('');
  });
});
