import type {DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';

/** Errors that make a dataset unusable for a run: thrown immediately, or collected. */
export class LoadErrors {
  readonly findings: Finding[] = [];
  firstError?: DatasetError;

  constructor(readonly isCollecting: boolean) {}

  add(error: DatasetError, className?: string): void {
    if (!this.isCollecting) throw error;
    this.firstError ??= error;
    const code = className === undefined ? 'unusable-split' : 'unusable-class';
    this.findings.push({
      code,
      severity: 'error',
      message: error.message,
      files: [],
      ...(className !== undefined && {className}),
    });
  }
}
