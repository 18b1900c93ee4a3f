import type {BackendStep} from '../backend-error.js';

/**
 * Progress of an installation. Reported at the start of each step and during it.
 *
 * @example
 * const onProgress = ({step, bytes, totalBytes}: InstallProgress) => console.error(step, bytes, totalBytes);
 * await installBackend({onProgress});
 */
export interface InstallProgress {
  readonly type: 'install';
  readonly step: BackendStep;
  /** What the step waits for, downloads, unpacks, compiles or tests, as text. */
  readonly label: string;
  readonly bytes: number;
  /** Null if unknown. */
  readonly totalBytes: number | null;
  /** Seconds since the step began. */
  readonly seconds: number;
}

export type InstallListener = (progress: InstallProgress) => void;

/** Called with the number of bytes done in a step. */
export type StepReport = (bytes: number, totalBytes: number | null) => void;

/** Reports the start of a step. @returns a function that reports its progress */
export function beginStep(
  listener: InstallListener | undefined,
  step: BackendStep,
  label: string,
): StepReport {
  const startTime = Date.now();
  const report: StepReport = (bytes, totalBytes) =>
    listener?.({
      type: 'install',
      step,
      label,
      bytes,
      totalBytes,
      seconds: (Date.now() - startTime) / 1000,
    });
  report(0, null);
  return report;
}

/** Adds up chunk sizes and reports about four times per second. */
export function countBytes(report: StepReport, totalBytes: number): (bytes: number) => void {
  let doneBytes = 0;
  let lastReportTime = Date.now();
  return bytes => {
    doneBytes += bytes;
    if (Date.now() - lastReportTime < 250 && doneBytes < totalBytes) return;
    lastReportTime = Date.now();
    report(doneBytes, totalBytes);
  };
}
