import {expect} from 'chai';
import {existsSync} from 'node:fs';
import {compilerFlags} from '../../../src/backend/install/addon-source.js';

describe("the addon's compiler", () => {
  it('is told on Linux to make a library that finds TensorFlow next to itself', () => {
    expect(compilerFlags('linux')).to.deep.equal([
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-s', '-DNAPI_VERSION=8'],
      '-Wl,-rpath,$ORIGIN/tensorflow',
    ]);
  });

  it("is told on macOS that Node has the rest, in that system's words", () => {
    const flags = compilerFlags('darwin');
    const header = flags[flags.indexOf('-include') + 1]!;
    expect(header).to.match(/native\/macos\.h$/);
    expect(existsSync(header)).to.equal(true);
    expect(flags.filter(flag => flag !== header)).to.deep.equal([
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-undefined', 'dynamic_lookup'],
      ...['-mmacosx-version-min=12.0', '-include', '-DNAPI_VERSION=8'],
      '-Wl,-rpath,@loader_path/tensorflow',
    ]);
  });
});
