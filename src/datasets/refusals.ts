import type {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';

/** Why a run would refuse a dataset: thrown at once, or kept and told. */
export class Refusals {
  readonly findings: Finding[] = [];
  first?: DatasetError;

  constructor(readonly areKept: boolean) {}

  add(error: DatasetError, className?: string): void {
    if (!this.areKept) throw error;
    this.first ??= error;
    const code = className === undefined ? 'unusable-part' : 'unusable-class';
    this.findings.push({code, severity: 'error', message: error.message, files: [], ...(className !== undefined && {className})});
  }
}
