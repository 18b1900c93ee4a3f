/** The release that is installed; its wheels carry both libraries for Linux on x64 and arm64. */
export const TENSORFLOW_VERSION = '2.21.0';

/** CPython versions that release has wheels for, the one to ask for first leading. None of them has to be here: pip only downloads. */
export const PYTHON_VERSIONS = ['311', '312', '313', '310'];

/** Of manylinux1. */
const OLDEST_GLIBC_MINOR = 5;

const MACHINES: Readonly<Record<string, string>> = {x64: 'x86_64', arm64: 'aarch64'};

/** What pip is asked for: on x64 a smaller wheel without CUDA exists, on arm64 there is only one. */
export function tensorFlowRequirement(gpu: boolean, arch: string): string {
  return `${gpu || arch === 'arm64' ? 'tensorflow' : 'tensorflow-cpu'}==${TENSORFLOW_VERSION}`;
}

/**
 * Arguments that make any pip, of any Python on any machine, choose the wheel for this one. One platform only: pip before 20.3 takes
 * the last where several are given.
 */
export function tensorFlowTags(arch: string, python: string): string[] {
  return [...platforms(arch, ['manylinux_2_27']), '--python-version', python, '--implementation', 'cp', '--abi', `cp${python}`];
}

/**
 * The same for NVIDIA's wheels, which belong to no Python version and are tagged with whatever glibc they were built on.
 * @param glibcMinor 36 for glibc 2.36
 */
export function cudaTags(arch: string, glibcMinor: number): string[] {
  const numbered = Array.from({length: glibcMinor - OLDEST_GLIBC_MINOR + 1}, (_, i) => `manylinux_2_${glibcMinor - i}`);
  const manylinux = [...numbered, 'manylinux2014', 'manylinux2010', 'manylinux1'];
  return [...platforms(arch, manylinux), '--python-version', PYTHON_VERSIONS[0]!, '--implementation', 'py', '--abi', 'none'];
}

function platforms(arch: string, tags: readonly string[]): string[] {
  return tags.flatMap(tag => ['--platform', `${tag}_${MACHINES[arch]}`]);
}

/**
 * The requirements of a wheel's METADATA that its extra `and-cuda` names: `nvidia-cudnn-cu12<10.0,>=9.3.0.75`. None for the build without
 * CUDA, which names them all the same.
 */
export function cudaRequirements(metadata: string): string[] {
  if (/^Name: *tensorflow[-_]cpu/m.test(metadata)) return [];
  return [...metadata.matchAll(/^Requires-Dist: ([^;\n]+);[^\n]*extra == ["']and-cuda["']/gm)].map(match => match[1]!.trim());
}
