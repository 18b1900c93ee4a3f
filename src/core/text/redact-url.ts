const URL_PATTERN = /https?:\/\/[^\s"'`<>]+/gi;

/** Removes user name, password, query and fragment from an http URL: they may hold passwords and tokens. */
export function redactUrl(rawUrl: string): string {
  if (!URL.canParse(rawUrl)) return rawUrl.replace(/\/\/[^/]*@/, '//').replace(/[?#].*$/s, '');
  const url = new URL(rawUrl);
  url.username = url.password = url.search = url.hash = '';
  return url.href;
}

/** Redacts every http URL in a text. */
export const redactUrls = (text: string): string => text.replace(URL_PATTERN, redactUrl);

const fullUrls = new Map<string, string>();

/**
 * Redacts a URL and remembers the original in memory only, until it is fetched. Recipes that are held, printed or stored hold the redacted
 * URL. Other text is returned unchanged.
 */
export function hideCredentials(text: string): string {
  if (!/^https?:/i.test(text)) return text;
  const redacted = redactUrl(text);
  if (redacted !== text) fullUrls.set(redacted, text);
  return redacted;
}

/** The original of a URL that `hideCredentials` redacted in this process. */
export const restoreCredentials = (text: string): string => fullUrls.get(text) ?? text;
