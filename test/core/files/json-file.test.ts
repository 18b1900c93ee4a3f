import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import fc from 'fast-check';
import {assertNesting, readJsonFile} from '../../../src/core/files/json-file.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('readJsonFile', () => {
  const file = (text: string): string => {
    const path = join(temporaryDirectory(), 'document.json');
    writeFileSync(path, text);
    return path;
  };
  const reasonFor = async (text: string, maxBytes = 1e9): Promise<string> =>
    (await rejectionOf(readJsonFile(file(text), maxBytes))).message;

  it('gives back any document that is nested little', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({maxDepth: 20, depthSize: 'large'}), async value => {
        const text = JSON.stringify(value);
        expect(await readJsonFile(file(text), 1e9)).to.deep.equal(JSON.parse(text));
      }),
      {numRuns: 200},
    );
  });

  it('counts no brackets in texts', async () => {
    const texts = [
      '['.repeat(200),
      '"[{\\',
      '\\"'.repeat(300) + '[',
      'größer {'.repeat(150),
      '\u0001[',
    ];
    expect(await readJsonFile(file(JSON.stringify(texts)), 1e9)).to.deep.equal(texts);
  });

  it('refuses what is too deep, before it is parsed', async () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(await readJsonFile(file(nested(100)), 1e9)).to.be.an('array');
    for (const text of [
      nested(101),
      '[{"a":'.repeat(60),
      `["\\"[", ${nested(100)}]`,
      nested(1_000_000),
    ]) {
      expect(await reasonFor(text)).to.equal('it has more than 100 brackets within each other');
    }
  });

  it('refuses what has too many parts, or is too long', async () => {
    expect(() => assertNesting(Buffer.from('[]'.repeat(1_000_000)))).to.not.throw();
    expect(() => assertNesting(Buffer.from(`[${'{},'.repeat(1_000_000)}`))).to.throw(
      'it has more than 1000000 lists and objects',
    );
    expect(await reasonFor('[1, 2]', 5)).to.equal('it has 6 bytes, above the limit of 5');
  });

  it('refuses what is no JSON, or no file', async () => {
    for (const text of ['', '{', '"', '"\\', '\u0000', ']'])
      expect(await reasonFor(text)).to.match(/JSON/);
    const folder = join(temporaryDirectory(), 'folder');
    mkdirSync(folder);
    expect((await rejectionOf(readJsonFile(folder, 10))).message).to.equal('it is no file');
    if (process.platform === 'win32') return;
    const device = join(temporaryDirectory(), 'device.json');
    symlinkSync('/dev/zero', device);
    expect((await rejectionOf(readJsonFile(device, 10))).message).to.equal('it is no file');
  });
});
