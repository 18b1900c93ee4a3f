const ADDRESS = /https?:\/\/[^\s"'`<>]+/gi;

/** An http address as it may be shown and stored: without user name, password, query and fragment, which may hold passwords and tokens. */
export function publicAddress(address: string): string {
  if (!URL.canParse(address)) return address.replace(/\/\/[^/]*@/, '//').replace(/[?#].*$/s, '');
  const url = new URL(address);
  url.username = url.password = url.search = url.hash = '';
  return url.href;
}

/** A text with every http address in it as it may be shown. */
export const withoutSecrets = (text: string): string => text.replace(ADDRESS, publicAddress);

const whole = new Map<string, string>();

/**
 * The public address of one that is given, which is kept in memory, and nowhere else, until it is fetched: whoever holds, prints or
 * stores a recipe has the public one. Other texts are given back.
 */
export function sealed(text: string): string {
  if (!/^https?:/i.test(text)) return text;
  const shown = publicAddress(text);
  if (shown !== text) whole.set(shown, text);
  return shown;
}

/** What was sealed in this process. */
export const unsealed = (text: string): string => whole.get(text) ?? text;
