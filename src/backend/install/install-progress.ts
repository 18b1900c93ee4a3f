import type {BackendStep} from '../backend-error.js';

/** How far an installation is. Sent at the start of a step and during it. */
export interface InstallProgress {
  readonly type: 'install';
  readonly step: BackendStep;
  /** What is waited for, downloaded, unpacked, compiled or tested; for people. */
  readonly label: string;
  readonly bytes: number;
  /** Null where it is not known. */
  readonly totalBytes: number | null;
  /** Since the step began. */
  readonly seconds: number;
}

export type InstallListener = (progress: InstallProgress) => void;

/** Tells how many bytes of a step are done. */
export type StepReport = (bytes: number, totalBytes: number | null) => void;

/** Announces a step. @returns what reports its progress */
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

/** Adds chunk sizes up and reports about four times a second. */
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
