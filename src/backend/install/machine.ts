import {BackendError} from '../backend-error.js';

/** The properties that decide whether TensorFlow's wheels run on a machine. */
export interface HostPlatform {
  readonly platform: string;
  readonly arch: string;
  /** Version of the GNU C library; undefined if the system has none (Alpine). */
  readonly glibc: string | undefined;
}

export function detectPlatform(): HostPlatform {
  const report = process.report.getReport() as unknown as {header: {glibcVersionRuntime?: string}};
  return {platform: process.platform, arch: process.arch, glibc: report.header.glibcVersionRuntime};
}

/** The wheels need glibc 2.27 or newer. @throws BackendError if they cannot run */
export function requireSupportedPlatform({platform, arch, glibc}: HostPlatform): void {
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new BackendError(
      {step: 'download'},
      `TensorFlow does not run on ${platform} on ${arch}; it needs Linux on x64 or arm64. Use --backend wasm.`,
    );
  }
  if (glibcMinor({glibc}) >= 27) return;
  throw new BackendError(
    {step: 'download'},
    `TensorFlow needs glibc 2.27 or newer; this system has ${glibc ?? 'none (musl?)'}. Use --backend wasm.`,
  );
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
