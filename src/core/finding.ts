/**
 * A fact about the dataset that the user should know. It never ends a run by itself.
 *
 * @example
 * const warnings = folder.findings.filter(({severity}: Finding) => severity === 'warning');
 */
export interface Finding {
  /** Stable identifier for programs: `unreadable-image`. */
  readonly code: string;
  readonly severity: 'note' | 'warning' | 'error';
  /** One sentence: what was found, and what to do. */
  readonly message: string;
  /** Paths relative to the dataset root, if the finding concerns files. */
  readonly files: readonly string[];
  /** The same files, one list per group, if the finding concerns pairs or groups. */
  readonly groups?: readonly (readonly string[])[];
  /** Files to exclude (`finetune check --write-exclude`), if excluding helps. */
  readonly exclude?: readonly string[];
  /** The class, if the finding concerns one. */
  readonly className?: string;
}
