import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {formatOptionsPage} from '../../scripts/options-page.js';
import {FLAG_OPTIONS} from '../../src/cli/options/command-options.js';
import {toKebabCase} from '../../src/cli/terminal/format.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe('docs/options.md', () => {
  it('is what its generator makes', async () => {
    const stored = readFileSync(join(ROOT, 'docs/options.md'), 'utf8');
    expect(stored, 'write it anew: npm run docs:options').to.equal(await formatOptionsPage());
  });

  it('names every flag', async () => {
    const page = await formatOptionsPage();
    for (const key of Object.keys(FLAG_OPTIONS))
      expect(page).to.match(new RegExp(`--${toKebabCase(key)}[ \`]`));
  });
});
