const BOOLEAN_VALUES: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  false: false,
  0: false,
  no: false,
};

/** A switch as people spell it in the environment or behind a flag; undefined for any other text. */
export const parseBoolean = (text: string): boolean | undefined =>
  BOOLEAN_VALUES[text.toLowerCase()];
