import {BackendError} from '../../backend-error.js';
import {PINNED_WHEELS, type PinnedRelease} from './pinned-wheels.js';

/** CPython versions with wheels of the release, in order of preference. None has to be installed: pip only downloads. */
const PYTHON_VERSIONS = ['311', '312', '313', '310'];

/** The glibc of manylinux1, and the oldest one that is supported. */
const [OLDEST_GLIBC_MINOR, GLIBC_MINOR] = [5, 27];

const WHEEL_MACHINES: Readonly<Record<string, string>> = {x64: 'x86_64', arm64: 'aarch64'};

/** A wheel to request from pip, and the files that are accepted. */
export interface WheelSpec {
  /** Requirement: `nvidia-cudnn-cu12<10.0,>=9.3.0.75,==9.28.0.42`. */
  readonly requirement: string;
  /** Sets of platform and Python tags, tried in order until the index has a wheel. */
  readonly tagSets: readonly string[][];
  /** Accepted hashes, in lower-case hex. */
  readonly sha256: readonly string[];
}

const hashesOf = (release: PinnedRelease, arch: string): readonly string[] =>
  arch === 'arm64' ? release.arm64 : release.x64;

/** TensorFlow's wheel. x64 has a smaller wheel without CUDA; arm64 has only one wheel. */
export function tensorFlowWheel(gpu: boolean, arch: string): WheelSpec {
  const name = gpu || arch === 'arm64' ? 'tensorflow' : 'tensorflow-cpu';
  const release = PINNED_WHEELS[name]!;
  return {
    requirement: `${name}==${release.version}`,
    tagSets: PYTHON_VERSIONS.map(python => tensorFlowTags(arch, python)),
    sha256: hashesOf(release, arch),
  };
}

/**
 * @param requirement of TensorFlow: `nvidia-cudnn-cu12<10.0,>=9.3.0.75`. pip fails if the pinned release does not satisfy it.
 * @throws BackendError for a package without a pinned release
 */
export function cudaWheel(requirement: string, arch: string): WheelSpec {
  const name = /^[\w.-]+/.exec(requirement)?.[0] ?? '';
  const release = Object.hasOwn(PINNED_WHEELS, name) ? PINNED_WHEELS[name] : undefined;
  if (release === undefined) {
    throw new BackendError(
      {step: 'download'},
      `${requirement}, which this TensorFlow asks for, is not among the wheels that are known. Put it next to TensorFlow's wheel and give the folder: ` +
        'finetune backend install --from FOLDER.',
    );
  }
  return {
    requirement: `${requirement},==${release.version}`,
    tagSets: [cudaTags(arch)],
    sha256: hashesOf(release, arch),
  };
}

/**
 * Arguments that make any pip, of any Python on any machine, select the wheel for this platform. Only one platform: before 20.3, pip uses
 * the last of several.
 */
export function tensorFlowTags(arch: string, python: string): string[] {
  return [
    ...platformArguments(arch, ['manylinux_2_27']),
    '--python-version',
    python,
    '--implementation',
    'cp',
    '--abi',
    `cp${python}`,
  ];
}

/** The same for NVIDIA's wheels. They fit every Python version and are tagged with the glibc they were built on. */
export function cudaTags(arch: string): string[] {
  const versionedTags = Array.from(
    {length: GLIBC_MINOR - OLDEST_GLIBC_MINOR + 1},
    (_, i) => `manylinux_2_${GLIBC_MINOR - i}`,
  );
  const manylinux = [...versionedTags, 'manylinux2014', 'manylinux2010', 'manylinux1'];
  return [
    ...platformArguments(arch, manylinux),
    '--python-version',
    PYTHON_VERSIONS[0]!,
    '--implementation',
    'py',
    '--abi',
    'none',
  ];
}

function platformArguments(arch: string, tags: readonly string[]): string[] {
  return tags.flatMap(tag => ['--platform', `${tag}_${WHEEL_MACHINES[arch]}`]);
}

/**
 * Requirements of the extra `and-cuda` in a wheel's METADATA: `nvidia-cudnn-cu12<10.0,>=9.3.0.75`. None for the CPU build, although its
 * metadata lists them too.
 */
export function cudaRequirements(metadata: string): string[] {
  if (/^Name: *tensorflow[-_]cpu/m.test(metadata)) return [];
  return [...metadata.matchAll(/^Requires-Dist: ([^;\n]+);[^\n]*extra == ["']and-cuda["']/gm)].map(
    match => match[1]!.trim(),
  );
}
