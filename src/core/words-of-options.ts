const WORDS: Readonly<Record<string, boolean>> = {true: true, 1: true, yes: true, false: false, 0: false, no: false};

/** A switch as people spell it in the environment or behind a flag; undefined for any other text. */
export const wordAsBoolean = (text: string): boolean | undefined => WORDS[text.toLowerCase()];
