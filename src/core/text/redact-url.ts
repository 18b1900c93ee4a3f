const URL_PATTERN = /https?:\/\/[^\s"'`<>]+/gi;

/** An http address as it may be shown and stored: without user name, password, query and fragment, which may hold passwords and tokens. */
export function redactUrl(rawUrl: string): string {
  if (!URL.canParse(rawUrl)) return rawUrl.replace(/\/\/[^/]*@/, '//').replace(/[?#].*$/s, '');
  const url = new URL(rawUrl);
  url.username = url.password = url.search = url.hash = '';
  return url.href;
}

/** A text with every http address in it as it may be shown. */
export const redactUrls = (text: string): string => text.replace(URL_PATTERN, redactUrl);

const fullUrls = new Map<string, string>();

/**
 * The public address of one that is given, which is kept in memory, and nowhere else, until it is fetched: whoever holds, prints or
 * stores a recipe has the public one. Other texts are given back.
 */
export function hideCredentials(text: string): string {
  if (!/^https?:/i.test(text)) return text;
  const redacted = redactUrl(text);
  if (redacted !== text) fullUrls.set(redacted, text);
  return redacted;
}

/** What was sealed in this process. */
export const restoreCredentials = (text: string): string => fullUrls.get(text) ?? text;
