/** The release that is installed; its wheels carry both libraries for Linux on x64 and arm64. */
export const TENSORFLOW_VERSION = '2.21.0';

/** CPython versions that release has wheels for, the one to ask for first leading. None of them has to be here: pip only downloads. */
export const PYTHON_VERSIONS = ['311', '312', '313', '310'];

const MACHINES: Readonly<Record<string, string>> = {x64: 'x86_64', arm64: 'aarch64'};

/** Platforms of TensorFlow's own wheels and, below it, of the older ones that NVIDIA's may be tagged with. */
const MANYLINUX = [
  'manylinux_2_28',
  'manylinux_2_27',
  'manylinux_2_17',
  'manylinux2014',
  'manylinux_2_12',
  'manylinux2010',
  'manylinux_2_5',
  'manylinux1',
];

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

/** The same for NVIDIA's wheels, which belong to no Python version and are tagged with whatever glibc they were built on. */
export function cudaTags(arch: string): string[] {
  return [...platforms(arch, MANYLINUX), '--python-version', PYTHON_VERSIONS[0]!, '--implementation', 'py', '--abi', 'none'];
}

function platforms(arch: string, tags: readonly string[]): string[] {
  return tags.flatMap(tag => ['--platform', `${tag}_${MACHINES[arch]}`]);
}

/** The requirements of a wheel's METADATA that its extra `and-cuda` names: `nvidia-cudnn-cu12<10.0,>=9.3.0.75`. */
export function cudaRequirements(metadata: string): string[] {
  return [...metadata.matchAll(/^Requires-Dist: ([^;\n]+);[^\n]*extra == ["']and-cuda["']/gm)].map(match => match[1]!.trim());
}

/** A header field of a wheel's METADATA. */
export function metadataField(metadata: string, field: 'Name' | 'Version'): string | undefined {
  return new RegExp(`^${field}: *(.+)$`, 'm').exec(metadata)?.[1]?.trim();
}
