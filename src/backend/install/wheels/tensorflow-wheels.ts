import {BackendError} from '../../backend-error.js';
import {PINNED_WHEELS, type PinnedRelease} from './pinned-wheels.js';

/** CPython versions that release has wheels for, the one to ask for first leading. None of them has to be here: pip only downloads. */
const PYTHON_VERSIONS = ['311', '312', '313', '310'];

/** Of manylinux1, and of the machines that are supported at least. */
const [OLDEST_GLIBC_MINOR, GLIBC_MINOR] = [5, 27];

const WHEEL_MACHINES: Readonly<Record<string, string>> = {x64: 'x86_64', arm64: 'aarch64'};

/** What pip is asked for, and the files that are taken from it. */
export interface WheelSpec {
  /** `nvidia-cudnn-cu12<10.0,>=9.3.0.75,==9.28.0.42` */
  readonly requirement: string;
  /** Sets of platform and Python tags, tried in turn until the index has a wheel for one. */
  readonly tagSets: readonly string[][];
  /** Lower-case hex; a wheel with another is none of them. */
  readonly sha256: readonly string[];
}

const hashesOf = (release: PinnedRelease, arch: string): readonly string[] =>
  arch === 'arm64' ? release.arm64 : release.x64;

/** On x64 a smaller wheel without CUDA exists, on arm64 there is only one. */
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
 * @param requirement of TensorFlow's: `nvidia-cudnn-cu12<10.0,>=9.3.0.75`; pip refuses the pinned release where it does not follow that
 * @throws BackendError for a package of which no release is pinned
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
 * Arguments that make any pip, of any Python on any machine, choose the wheel for this one. One platform only: pip before 20.3 takes
 * the last where several are given.
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

/** The same for NVIDIA's wheels, which belong to no Python version and are tagged with whatever glibc they were built on. */
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
 * The requirements of a wheel's METADATA that its extra `and-cuda` names: `nvidia-cudnn-cu12<10.0,>=9.3.0.75`. None for the build without
 * CUDA, which names them all the same.
 */
export function cudaRequirements(metadata: string): string[] {
  if (/^Name: *tensorflow[-_]cpu/m.test(metadata)) return [];
  return [...metadata.matchAll(/^Requires-Dist: ([^;\n]+);[^\n]*extra == ["']and-cuda["']/gm)].map(
    match => match[1]!.trim(),
  );
}
