const BOOLEAN_VALUES: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  false: false,
  0: false,
  no: false,
};

/** Parses a boolean as users write it in an environment variable or after a flag; undefined for other text. */
export const parseBoolean = (text: string): boolean | undefined =>
  BOOLEAN_VALUES[text.toLowerCase()];
