import {EngineError} from './engine-error.js';

/** What decides whether TensorFlow's wheels run here. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Version of the GNU C library; undefined where there is none (Alpine). */
  readonly glibc: string | undefined;
}

/** The machine this process runs on. */
export function thisMachine(): Machine {
  const report = process.report.getReport() as unknown as {header: {glibcVersionRuntime?: string}};
  return {platform: process.platform, arch: process.arch, glibc: report.header.glibcVersionRuntime};
}

/** The wheels are built for glibc 2.27 and newer. @throws EngineError where they cannot run */
export function requireSupported({platform, arch, glibc}: Machine): void {
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new EngineError(
      'download',
      `Expected Linux on x64 or arm64 for TensorFlow, but found ${platform} on ${arch}. Use --engine wasm.`,
    );
  }
  const [major = 0, minor = 0] = (glibc ?? '0').split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 27)) return;
  const found = glibc === undefined ? 'none (musl?)' : glibc;
  throw new EngineError('download', `Expected glibc 2.27 or newer for TensorFlow, but found ${found}. Use --engine wasm.`);
}
