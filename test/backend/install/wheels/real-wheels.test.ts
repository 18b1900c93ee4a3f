import {existsSync, openSync, readdirSync, readFileSync, readSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {stripSymbols} from '../../../../src/backend/install/strip-symbols.js';
import {verifyGivenWheel} from '../../../../src/backend/install/wheels/verify-wheel.js';
import {
  readWheelMetadata,
  requiredFiles,
  tensorFlowLibraries,
  unpackWheel,
} from '../../../../src/backend/install/wheels/wheel.js';
import {PINNED_WHEELS} from '../../../../src/backend/install/wheels/pinned-wheels.js';
import type {WheelPlatform} from '../../../../src/backend/install/wheels/pinned-release.js';
import {cudaRequirements} from '../../../../src/backend/install/wheels/tensorflow-wheels.js';
import {temporaryDirectory} from '../../../helpers/temporary.js';

/** A folder with wheels of `pip download tensorflow==2.21.0 --no-deps --platform ...`. They are 223 to 574 MB each. */
const FOLDER = process.env.FINETUNE_TEST_WHEELS ?? '';

function wheelOrSkip(test: Mocha.Context, pattern: RegExp): string {
  const name = existsSync(FOLDER)
    ? readdirSync(FOLDER).find(file => pattern.test(file))
    : undefined;
  if (name === undefined) {
    test.test!.title += ` (skipped: FINETUNE_TEST_WHEELS names no folder with ${pattern.source})`;
    test.skip();
  }
  return join(FOLDER, name!);
}

function readStart(path: string, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(openSync(path, 'r'), buffer, 0, bytes, 0));
}

/** Load commands of a 64-bit Mach-O file that name a path (mach-o/loader.h): its install name, libraries and search paths. */
function machPaths(path: string): Readonly<Record<'id' | 'libraries' | 'rpaths', string[]>> {
  const bytes = readStart(path, 65_536);
  expect(bytes.readUInt32LE(0), 'MH_MAGIC_64').to.equal(0xfeedfacf);
  expect(bytes.readUInt32LE(4), 'CPU_TYPE_ARM64').to.equal(0x0100000c);
  const found = {id: [] as string[], libraries: [] as string[], rpaths: [] as string[]};
  const kinds = new Map([
    [0xd, found.id],
    [0xc, found.libraries],
    [0x8000001c, found.rpaths],
  ]);
  for (let i = 0, at = 32; i < bytes.readUInt32LE(16); i++, at += bytes.readUInt32LE(at + 4)) {
    const text = bytes.subarray(at + bytes.readUInt32LE(at + 8), at + bytes.readUInt32LE(at + 4));
    kinds.get(bytes.readUInt32LE(at))?.push(text.toString('latin1').split('\0')[0]!);
  }
  return found;
}

async function unpack(wheel: string, platform: string): Promise<string> {
  await verifyGivenWheel(wheel);
  const directory = temporaryDirectory();
  await unpackWheel(wheel, directory, () => undefined, {platform});
  for (const name of requiredFiles(platform))
    expect(existsSync(join(directory, 'tensorflow', name)), name).to.equal(true);
  return join(directory, 'tensorflow');
}

describe("TensorFlow's published wheel", function () {
  this.timeout(300_000);

  it('for macOS holds libraries that find each other from next to the addon', async function () {
    const directory = await unpack(wheelOrSkip(this, /-macosx_12_0_arm64\.whl$/), 'darwin');
    for (const name of tensorFlowLibraries('darwin')) {
      const {id, libraries, rpaths} = machPaths(join(directory, name));
      // The addon's own search path, @loader_path/tensorflow, resolves both names.
      expect(id).to.deep.equal([`@rpath/${name}`]);
      const own = libraries.filter(library => !/^\/(usr\/lib|System\/Library)\//.test(library));
      if (name.includes('framework')) expect(own).to.deep.equal([]);
      else {
        expect(own).to.deep.equal(['@rpath/libtensorflow_framework.2.dylib']);
        expect(rpaths).to.include('@loader_path/');
      }
    }
  });

  for (const [arch, machine, platform] of [
    ['x86_64', 62, 'linux-x64'],
    ['aarch64', 183, 'linux-arm64'],
  ] as const satisfies (readonly [string, number, WheelPlatform])[]) {
    it(`for Linux on ${arch} shrinks to the size that is announced`, async function () {
      const wheel = wheelOrSkip(this, new RegExp(`-cp311-manylinux_2_27_${arch}\\.whl$`));
      const directory = await unpack(wheel, 'linux');
      const release = /\/(\w+)-2\.21\.0/.exec(wheel)![1]!.replaceAll('_', '-');
      let bytes = 0;
      for (const name of tensorFlowLibraries('linux')) {
        const library = join(directory, name);
        expect(readStart(library, 20).readUInt16LE(18), 'e_machine').to.equal(machine);
        expect(await stripSymbols(library)).to.be.above(1e7);
        bytes += readFileSync(library).length;
      }
      const {diskBytes} = PINNED_WHEELS[release]!.wheels[platform]!;
      expect(bytes).to.be.closeTo(diskBytes, diskBytes / 1000);
    });
  }

  it('asks for no library of NVIDIA that is not pinned', async function () {
    const wheel = wheelOrSkip(this, /^tensorflow-2\.21\.0-.*manylinux_2_27_(x86_64|aarch64)\.whl$/);
    const names = cudaRequirements(await readWheelMetadata(wheel)).map(
      requirement => /^[\w-]+/.exec(requirement)![0],
    );
    expect(names).to.have.length(12);
    const pinned = Object.keys(PINNED_WHEELS).filter(name => name.startsWith('nvidia-'));
    expect(names).to.have.members(pinned);
  });
});
