/**
 * Something about the data that a person should know. It never ends a run by itself.
 *
 * @example
 * const warnings = folder.findings.filter(({severity}: Finding) => severity === 'warning');
 */
export interface Finding {
  /** Stable, for programs: `unreadable-image`. */
  readonly code: string;
  readonly severity: 'note' | 'warning' | 'error';
  /** One sentence: what was found, and what to do. */
  readonly message: string;
  /** Paths relative to the dataset's root, where the finding is about files. */
  readonly files: readonly string[];
  /** The same files, those that belong together in one list each, where it is about pairs or groups. */
  readonly groups?: readonly (readonly string[])[];
  /** Those that should be excluded (`finetune check --write-exclude`), where excluding helps. */
  readonly exclude?: readonly string[];
  /** The class it is about, where it is about one. */
  readonly className?: string;
}
