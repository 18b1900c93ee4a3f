import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import puppeteer, {type Browser} from 'puppeteer-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function chromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = NAMES.flatMap(name => folders.map(folder => join(folder, name)));
  return process.env.CHROME_PATH ?? candidates.find(existsSync);
}

/** A headless Chromium of this machine, to be closed by the caller; skips the calling test where there is none. */
export async function browserOrSkip(test: Mocha.Context): Promise<Browser> {
  const executablePath = chromium();
  if (executablePath === undefined) {
    test.test!.title += ' (skipped: no Chromium is here; CHROME_PATH can name one)';
    test.skip();
  }
  return puppeteer.launch({executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']});
}
