import {release} from 'node:os';
import {BackendError} from '../backend-error.js';

/** The properties that decide whether TensorFlow's wheels run on a machine. */
export interface HostPlatform {
  readonly platform: string;
  readonly arch: string;
  /** Version of the GNU C library; undefined if the system has none (Alpine). */
  readonly glibc: string | undefined;
  /** Version of the kernel: 21.1.0 is macOS 12. */
  readonly kernel: string;
}

export function detectPlatform(): HostPlatform {
  const report = process.report.getReport() as unknown as {header: {glibcVersionRuntime?: string}};
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: report.header.glibcVersionRuntime,
    kernel: release(),
  };
}

/** Major version of Darwin in macOS 12, the oldest that the wheels run on. */
const DARWIN_OF_MACOS_12 = 21;

function describeProblem({platform, arch, glibc, kernel}: HostPlatform): string | undefined {
  if (platform === 'darwin' && arch === 'x64')
    return 'TensorFlow 2.21 has no build for Intel processors on macOS. On an Apple processor, install Node for arm64.';
  if (platform === 'darwin' && arch === 'arm64')
    return Number(kernel.split('.')[0]) >= DARWIN_OF_MACOS_12
      ? undefined
      : 'TensorFlow needs macOS 12 or newer.';
  if (platform === 'win32')
    return 'TensorFlow is not built for Windows here. It runs in WSL2 (docs/troubleshooting.md).';
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64'))
    return `TensorFlow does not run on ${platform} on ${arch}; it needs Linux on x64 or arm64, or macOS on arm64.`;
  return glibcMinor({glibc}) >= 27
    ? undefined
    : `TensorFlow needs glibc 2.27 or newer; this system has ${glibc ?? 'none (musl?)'}.`;
}

/** The wheels need glibc 2.27 or newer, or macOS 12 on an Apple processor. @throws BackendError if they cannot run */
export function requireSupportedPlatform(host: HostPlatform): void {
  const problem = describeProblem(host);
  if (problem !== undefined)
    throw new BackendError({step: 'download'}, `${problem} Use --backend wasm.`);
}

/** Whether TensorFlow's wheels run on this machine, whatever else is missing. */
export function isInstallable(platform: HostPlatform = detectPlatform()): boolean {
  try {
    requireSupportedPlatform(platform);
    return true;
  } catch (error) {
    if (error instanceof BackendError) return false;
    throw error;
  }
}

/** Minor version of glibc: 36 for 2.36, 0 if there is none. */
export const glibcMinor = ({glibc}: Pick<HostPlatform, 'glibc'>): number =>
  Number(glibc?.split('.')[1] ?? 0);
