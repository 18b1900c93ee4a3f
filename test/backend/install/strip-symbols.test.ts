import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {expect} from 'chai';
import {stripSymbols} from '../../../src/backend/install/strip-symbols.js';
import {programs} from '../../helpers/programs.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const NODE_HEADERS = (createRequire(import.meta.url)('node-api-headers') as {include_dir: string})
  .include_dir;

const GUARD = new URL('../../../../native/guard.cc', import.meta.url).pathname;

/** An addon with its symbol table, and a function `answer` to link with. */
function buildLibrary(): string {
  const directory = temporaryDirectory();
  const answer = join(directory, 'answer.cc');
  writeFileSync(
    answer,
    'static int hidden() { return 42; } extern "C" int answer() { return hidden(); }',
  );
  const library = join(directory, 'library.node');
  const built = spawnSync(
    'g++',
    ['-std=c++17', '-fPIC', '-shared', '-I', NODE_HEADERS, GUARD, answer, '-o', library],
    {encoding: 'utf8'},
  );
  expect(built.stderr).to.equal('');
  return library;
}

/** Where the bytes end that are loaded into a process: the largest end of a program header (elf(5)). */
function loadedEnd(elf: Buffer): number {
  const [offset, count] = [Number(elf.readBigUInt64LE(0x20)), elf.readUInt16LE(0x38)];
  const ends = Array.from({length: count}, (_, i) => offset + 56 * i).map(
    at => Number(elf.readBigUInt64LE(at + 8)) + Number(elf.readBigUInt64LE(at + 32)),
  );
  return Math.max(...ends);
}

describe('removing the symbols of a library', function () {
  this.timeout(60_000);

  before('need a compiler, on Linux', function () {
    if (process.platform !== 'linux' || spawnSync('g++', ['--version']).status !== 0) this.skip();
  });

  it('leaves every byte that is loaded, and a library that loads and can be linked with', async () => {
    const library = buildLibrary();
    const before = readFileSync(library);
    const saved = await stripSymbols(library);
    const after = readFileSync(library);
    expect(saved)
      .to.equal(before.length - after.length)
      .and.to.be.above(500);
    const end = loadedEnd(before);
    expect(end).to.be.above(1000);
    expect(after.subarray(64, end).equals(before.subarray(64, end))).to.equal(true);

    const {setEnvironment} = createRequire(import.meta.url)(library) as {
      setEnvironment(name: string, value: string): void;
    };
    expect(setEnvironment('STRIPPED', 'yes')).to.equal(undefined);

    const caller = join(temporaryDirectory(), 'caller.cc');
    writeFileSync(caller, 'extern "C" int answer(); extern "C" int ask() { return answer(); }');
    const flags = ['-shared', '-fPIC', '-Wl,--no-undefined'];
    const linked = spawnSync('g++', [caller, library, ...flags, '-o', `${caller}.so`], {
      encoding: 'utf8',
    });
    expect(linked.stderr).to.equal('');
  });

  it('leaves what `strip` leaves: no symbols, and the dynamic ones', async function () {
    const library = buildLibrary();
    const nm = (...flags: string[]) =>
      spawnSync('nm', [...flags, library], {encoding: 'utf8'}).stdout;
    if (!nm().includes('hidden')) this.skip();
    const dynamic = nm('--dynamic');
    await stripSymbols(library);
    expect(nm()).to.equal('');
    expect(nm('--dynamic')).to.equal(dynamic).and.to.include('answer');
    const checked = spawnSync('readelf', ['--all', '--wide', library], {encoding: 'utf8'});
    expect(checked.stderr).to.equal('');
  });

  it('does nothing the second time', async () => {
    const library = buildLibrary();
    await stripSymbols(library);
    const once = readFileSync(library);
    expect(await stripSymbols(library)).to.equal(0);
    expect(readFileSync(library).equals(once)).to.equal(true);
  });

  const unchanged = async (path: string): Promise<void> => {
    const before = readFileSync(path);
    expect(await stripSymbols(path)).to.equal(0);
    expect(readFileSync(path).equals(before)).to.equal(true);
  };

  it('leaves alone what is no 64-bit library of Linux', async () => {
    const folder = programs({script: 'echo'});
    await unchanged(join(folder, 'script'));
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    await unchanged(empty);
    const short = join(folder, 'short');
    writeFileSync(short, readFileSync(buildLibrary()).subarray(0, 300));
    await unchanged(short);
    const narrow = join(folder, 'narrow');
    const bytes = readFileSync(buildLibrary());
    bytes[4] = 1; // ELFCLASS32
    writeFileSync(narrow, bytes);
    await unchanged(narrow);
  });

  it('leaves alone a library whose symbols are not last, or are loaded', async () => {
    const moved = buildLibrary();
    const bytes = readFileSync(moved);
    const [table, count] = [Number(bytes.readBigUInt64LE(0x28)), bytes.readUInt16LE(0x3c)];
    const first = Buffer.from(bytes.subarray(table + 64, table + 128));
    bytes.copy(bytes, table + 64, table + (count - 3) * 64, table + (count - 2) * 64);
    first.copy(bytes, table + (count - 3) * 64);
    writeFileSync(moved, bytes);
    await unchanged(moved);

    const loaded = buildLibrary();
    const other = readFileSync(loaded);
    const segment = Number(other.readBigUInt64LE(0x20));
    other.writeBigUInt64LE(BigInt(other.length), segment + 32);
    writeFileSync(loaded, other);
    await unchanged(loaded);
  });
});
