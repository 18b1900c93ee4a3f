import {BackendError} from '../../backend-error.js';
import type {PinnedRelease, PinnedWheel, WheelPlatform} from './pinned-release.js';
import {PINNED_WHEELS} from './pinned-wheels.js';

/** CPython versions with wheels of the release, in order of preference. None has to be installed: pip only downloads. */
const PYTHON_VERSIONS = ['311', '312', '313', '310'];

/** The glibc of manylinux1, and the oldest one that is supported. */
const [OLDEST_GLIBC_MINOR, GLIBC_MINOR] = [5, 27];

/** How tags name a processor, and the tag of TensorFlow's wheels. */
const WHEEL_TAGS: Readonly<Record<WheelPlatform, {machine: string; tensorflow: string}>> = {
  'linux-x64': {machine: 'x86_64', tensorflow: 'manylinux_2_27'},
  'linux-arm64': {machine: 'aarch64', tensorflow: 'manylinux_2_27'},
  'darwin-arm64': {machine: 'arm64', tensorflow: 'macosx_12_0'},
};

/** A wheel to request from pip, and the files that are accepted. */
export interface WheelSpec {
  /** Requirement: `nvidia-cudnn-cu12<10.0,>=9.3.0.75,==9.28.0.42`. */
  readonly requirement: string;
  /** Sets of platform and Python tags, tried in order until the index has a wheel. */
  readonly tagSets: readonly string[][];
  /** Accepted hashes, in lower-case hex. */
  readonly sha256: readonly string[];
  /** Size of the file to download. */
  readonly downloadBytes: number;
}

/** @throws BackendError for a platform that a release has no wheel for */
function wheelFor(name: string, {version, wheels}: PinnedRelease, platform: string): PinnedWheel {
  const wheel = wheels[platform as WheelPlatform];
  if (wheel !== undefined) return wheel;
  throw new BackendError(
    {step: 'download'},
    `There is no wheel of ${name} ${version} for ${platform}. Use --backend wasm.`,
  );
}

/** TensorFlow's package. Linux on x64 has a smaller one without CUDA; other platforms have only one. */
const tensorFlowPackage = (gpu: boolean, platform: string): string =>
  gpu || platform !== 'linux-x64' ? 'tensorflow' : 'tensorflow-cpu';

/** @param platform as in `linux-x64` */
export function tensorFlowWheel(gpu: boolean, platform: string): WheelSpec {
  const name = tensorFlowPackage(gpu, platform);
  const release = PINNED_WHEELS[name]!;
  return {
    ...wheelFor(name, release, platform),
    requirement: `${name}==${release.version}`,
    tagSets: PYTHON_VERSIONS.map(python => tensorFlowTags(platform as WheelPlatform, python)),
  };
}

/** What an installation downloads and keeps, in bytes. */
export interface InstallSize {
  readonly downloadBytes: number;
  readonly diskBytes: number;
}

/** Sum over TensorFlow's wheel, and over NVIDIA's if a GPU is used. */
export function installSize(gpu: boolean, platform: string): InstallSize {
  const names = [
    tensorFlowPackage(gpu, platform),
    ...(gpu ? Object.keys(PINNED_WHEELS).filter(name => name.startsWith('nvidia-')) : []),
  ];
  const wheels = names.map(name => wheelFor(name, PINNED_WHEELS[name]!, platform));
  return {
    downloadBytes: wheels.reduce((sum, wheel) => sum + wheel.downloadBytes, 0),
    diskBytes: wheels.reduce((sum, wheel) => sum + wheel.diskBytes, 0),
  };
}

/**
 * @param requirement of TensorFlow: `nvidia-cudnn-cu12<10.0,>=9.3.0.75`. pip fails if the pinned release does not satisfy it.
 * @throws BackendError for a package without a pinned release, or without a wheel for the platform
 */
export function cudaWheel(requirement: string, platform: string): WheelSpec {
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
    ...wheelFor(name, release, platform),
    requirement: `${requirement},==${release.version}`,
    tagSets: [cudaTags(platform as WheelPlatform)],
  };
}

/**
 * Arguments that make any pip, of any Python on any machine, select the wheel for this platform. Only one platform: before 20.3, pip uses
 * the last of several.
 */
export function tensorFlowTags(platform: WheelPlatform, python: string): string[] {
  return [
    ...platformArguments(platform, [WHEEL_TAGS[platform].tensorflow]),
    '--python-version',
    python,
    '--implementation',
    'cp',
    '--abi',
    `cp${python}`,
  ];
}

/** The same for NVIDIA's wheels. They fit every Python version and are tagged with the glibc they were built on. */
export function cudaTags(platform: WheelPlatform): string[] {
  const versionedTags = Array.from(
    {length: GLIBC_MINOR - OLDEST_GLIBC_MINOR + 1},
    (_, i) => `manylinux_2_${GLIBC_MINOR - i}`,
  );
  const manylinux = [...versionedTags, 'manylinux2014', 'manylinux2010', 'manylinux1'];
  return [
    ...platformArguments(platform, manylinux),
    '--python-version',
    PYTHON_VERSIONS[0]!,
    '--implementation',
    'py',
    '--abi',
    'none',
  ];
}

function platformArguments(platform: WheelPlatform, tags: readonly string[]): string[] {
  return tags.flatMap(tag => ['--platform', `${tag}_${WHEEL_TAGS[platform].machine}`]);
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
