import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {temporaryDirectory} from './helpers/temporary.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Files that break every rule of .oxlintrc.json once. */
const FAULTY_FILES: Readonly<Record<string, string>> = {
  'tsconfig.json': '{"compilerOptions": {"module": "nodenext", "strict": true}}',
  'package.json': '{"type": "module"}',
  'first.ts': `
    import {second} from './second.js';
    import {another} from './second.js';
    import {Shape} from './shape.js';
    export async function first(shape: Shape): Promise<void> {
      second(shape.side + another);
      [1].forEach(async () => {});
    }`,
  'second.ts': `
    import {first} from './first.js';
    export const another = 1;
    export async function second(side: number): Promise<void> {
      await first({side});
    }`,
  'shape.ts': 'export interface Shape { readonly side: number; }',
};

describe('npm run lint', () => {
  it('finds what its rules are for', () => {
    const folder = temporaryDirectory();
    for (const [name, text] of Object.entries(FAULTY_FILES))
      writeFileSync(join(folder, name), text);
    const {stdout} = spawnSync(
      process.execPath,
      [
        join(ROOT, 'node_modules/oxlint/bin/oxlint'),
        ...['--config', join(ROOT, '.oxlintrc.json'), '--format', 'unix'],
      ],
      {cwd: folder, encoding: 'utf8'},
    );
    const rules = [...stdout.matchAll(/\[Error\/(\S+)\((\S+)\)\]/g)].map(
      ([, plugin, rule]) => `${plugin}/${rule}`,
    );
    expect([...new Set(rules)].sort()).to.deep.equal([
      'import/no-cycle',
      'import/no-duplicates',
      'typescript/consistent-type-imports',
      'typescript/no-floating-promises',
      'typescript/no-misused-promises',
    ]);
  });
});
