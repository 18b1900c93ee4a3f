import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import puppeteer, {type Browser} from 'puppeteer-core';
import {stopServers} from './loopback.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function chromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = NAMES.flatMap(name => folders.map(folder => join(folder, name)));
  return process.env.CHROME_PATH ?? candidates.find(existsSync);
}

/** A headless Chromium of this machine, to be closed by the caller; skips the calling test where there is none. @param args further flags */
export async function browserOrSkip(
  test: Mocha.Context,
  args: readonly string[] = [],
): Promise<Browser> {
  const executablePath = chromium();
  if (executablePath === undefined) {
    test.test!.title += ' (skipped: no Chromium is here; CHROME_PATH can name one)';
    test.skip();
  }
  return puppeteer.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', ...args],
  });
}

/**
 * Starts a headless Chromium before the tests of a describe and closes it, with the servers that they started, after them; they are skipped
 * where there is none.
 * @param makeArgs makes further flags, and what they need
 */
export function useBrowser(
  makeArgs: () => Promise<readonly string[]> = async () => [],
): () => Browser {
  let browser: Browser | undefined;
  before('start Chromium', async function () {
    browser = await browserOrSkip(this, await makeArgs());
  });
  after(async () => {
    await browser?.close();
    await stopServers();
  });
  return () => browser!;
}
