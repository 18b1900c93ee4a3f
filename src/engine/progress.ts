import type {EngineStep} from './engine-error.js';

/** How far an installation is. Sent at the start of a step and while it goes on. */
export interface InstallProgress {
  readonly type: 'install';
  readonly step: EngineStep;
  /** What is waited for, downloaded, unpacked, compiled or tested; for people. */
  readonly what: string;
  readonly bytes: number;
  /** Null where it is not known. */
  readonly totalBytes: number | null;
  /** Since the step began. */
  readonly seconds: number;
}

export type InstallListener = (progress: InstallProgress) => void;

/** Tells how many bytes of a step are done. */
export type StepReport = (bytes: number, totalBytes: number | null) => void;

/** Announces a step. @returns what tells of its progress */
export function beginStep(listener: InstallListener | undefined, step: EngineStep, what: string): StepReport {
  const begin = Date.now();
  const report: StepReport = (bytes, totalBytes) =>
    listener?.({type: 'install', step, what, bytes, totalBytes, seconds: (Date.now() - begin) / 1000});
  report(0, null);
  return report;
}

/** Adds chunk sizes up and reports about four times a second. */
export function countBytes(report: StepReport, totalBytes: number): (bytes: number) => void {
  let done = 0;
  let told = Date.now();
  return bytes => {
    done += bytes;
    if (Date.now() - told < 250 && done < totalBytes) return;
    told = Date.now();
    report(done, totalBytes);
  };
}
