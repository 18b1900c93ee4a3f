import {redactUrl} from './redact-url.js';

/** Whether a text is a URL rather than a file path. */
export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(text);

/** Explains why a URL is not opened and how to download it. @param what the expected thing: `a folder of images` */
export function explainUrlNotDownloaded(url: string, what: string): string {
  const redactedUrl = redactUrl(url);
  const name = decodeUrlName(redactedUrl.split('/').at(-1) ?? '') || 'download';
  const isWeb = /^https?:/i.test(url);
  const command = isWeb
    ? `curl --location --output '${name}' '${redactedUrl}'`
    : 'with the tools of its service';
  return `${redactedUrl} is an address, and ${what} must be on this machine. Download it first (${command}), then give its path.`;
}

function decodeUrlName(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll(/['/\\]/g, '_');
  } catch {
    return text.replaceAll("'", '_');
  }
}
