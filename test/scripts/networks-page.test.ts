import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {ARCHS} from '../../src/backbones/resnet-specs.js';

describe('docs/networks.md', () => {
  it('lists every network once', () => {
    const page = readFileSync(new URL('../../../docs/networks.md', import.meta.url), 'utf8');
    const table = page.split('\n').filter(line => /^\| `/.test(line) && !/e-\d/.test(line));
    const names = table.flatMap(line => line.split('|')[1]!.match(/`\w+`/g)!);
    expect(names.map(name => name.slice(1, -1)).sort()).to.deep.equal([...ARCHS].sort());
  });
});
