import {publicAddress} from './public-address.js';

/** Whether a word names something on the network and not a file. */
export const isAddress = (word: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(word);

/** Why an address is not opened, and how to fetch what is there. @param what it should be: `a folder of images` */
export function notDownloaded(address: string, what: string): string {
  const bare = publicAddress(address);
  const name = decodeURIComponentOr(bare.split('/').at(-1) ?? '') || 'download';
  const isWeb = /^https?:/i.test(address);
  const how = isWeb ? `curl --location --output '${name}' '${bare}'` : 'with the tools of its service';
  return `${bare} is an address, and ${what} must be on this machine. Download it first (${how}), then give its path.`;
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll(/['/\\]/g, '_');
  } catch {
    return text.replaceAll("'", '_');
  }
}
