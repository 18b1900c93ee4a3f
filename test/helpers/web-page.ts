import {basename} from 'node:path';
import type {Browser, CDPSession, Page} from 'puppeteer-core';
import {serveModel, type ModelServer} from '../../src/cli/commands/try/model-server.js';

const servers: ModelServer[] = [];

/** Probabilities of PNG files, which decode to the same pixels everywhere; shrinking differs by two levels of 255 at most. */
export const PNG_TOLERANCE = 0.01;

/** For an `after` hook. */
export async function stopModelServers(): Promise<void> {
  await Promise.all(servers.splice(0).map(server => server.close()));
}

/** The web page of a model, as `finetune try` serves it. */
export interface OpenPage {
  readonly page: Page;
  readonly url: string;
  /** Errors on the console, exceptions, and requests for anything that the server does not have or that lies elsewhere. */
  readonly problems: readonly string[];
}

/** Opens a page, with all that may go wrong noted. @param isOwn whether an address belongs to the page */
async function openNoting(
  browser: Browser,
  url: string,
  isOwn: (address: string) => boolean,
  prepare: (page: Page) => Promise<unknown>,
): Promise<OpenPage> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', error => problems.push(String(error)));
  page.on('request', request => {
    const address = request.url();
    if (!/^(data|blob):/.test(address) && !isOwn(address)) problems.push(`a request to ${address}`);
  });
  await prepare(page);
  await page.goto(url);
  return {page, url, problems};
}

/**
 * Opens the web page of a model from a server.
 * @param query behind its address
 * @param prepare what is done before its scripts run
 */
export async function openModelPage(
  browser: Browser,
  directory: string,
  query = '',
  prepare: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<OpenPage> {
  const server = await serveModel(directory, 0);
  servers.push(server);
  const {origin} = new URL(server.url);
  return openNoting(browser, server.url + query, url => url.startsWith(`${origin}/`), prepare);
}

/** Opens the web page of a model from disk, as a double click does. */
export const openFromDisk = (
  browser: Browser,
  directory: string,
  query = '',
  prepare: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<OpenPage> => {
  const web = `file://${directory}/web/`;
  return openNoting(browser, `${web}index.html${query}`, url => url.startsWith(web), prepare);
};

/** Chooses a folder as a user does, by the button. */
export async function chooseFolder(page: Page, directory: string): Promise<void> {
  await page.waitForSelector('#choose-folder', {visible: true});
  const [chooser] = await Promise.all([page.waitForFileChooser(), page.click('#choose-folder')]);
  await chooser.accept([directory]);
}

/** For a page whose browser has no workers. */
export const withoutWorkers = (page: Page): Promise<unknown> =>
  page.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, 'Worker'));

export const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, element => element.textContent);

/** Waits until the answer is one of those that a pattern describes. */
export const waitForAnswer = (page: Page, pattern: string): Promise<unknown> =>
  page.waitForFunction(`/${pattern}/.test(document.querySelector('#answer').textContent)`, {
    timeout: 120_000,
  });

export const waitUntilReady = (page: Page): Promise<unknown> => waitForAnswer(page, '^Ready$');

/** Waits until the drawn image has a label, with which its answer is shown. */
export const waitForImage = (page: Page, label: string): Promise<unknown> =>
  page.waitForFunction(
    (start: string) =>
      document.querySelector('#image')!.getAttribute('aria-label')!.startsWith(start) &&
      document.querySelector('#classes li') !== null,
    {timeout: 120_000},
    label,
  );

/** Probabilities in the bars by class name, in their order. */
export async function readBars(page: Page): Promise<Map<string, number>> {
  const rows = await page.$$eval('#classes li', items =>
    items.map((item): [string, number] => [
      item.querySelector('span')!.textContent,
      Number(item.querySelector('data')!.value),
    ]),
  );
  return new Map(rows);
}

/** Chooses a file as a user does, and waits for its answer. @returns the bars */
export async function upload(page: Page, path: string): Promise<Map<string, number>> {
  const input = (await page.$('input[type=file]'))! as Awaited<ReturnType<typeof page.$<'input'>>>;
  await input!.uploadFile(path);
  await waitForImage(page, basename(path));
  return readBars(page);
}

/** Drags a file over the middle of an element and drops it, as the operating system does. */
export async function drop(page: Page, selector: string, path: string): Promise<void> {
  const session: CDPSession = await page.createCDPSession();
  const box = (await (await page.$(selector))!.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const data = {items: [], files: [path], dragOperationsMask: 1};
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', {type, x, y, data});
  await session.detach();
}

/** Copies a PNG file in a page, and presses Ctrl-V. */
export async function paste(page: Page, png: Buffer): Promise<void> {
  const origin = new URL(page.url()).origin;
  await page
    .browserContext()
    .overridePermissions(origin, [
      'clipboard-read',
      'clipboard-write',
      'clipboard-sanitized-write',
    ]);
  await page.bringToFront();
  await page.evaluate(async (base64: string) => {
    const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
    const blob = new Blob([bytes], {type: 'image/png'});
    await navigator.clipboard.write([new ClipboardItem({'image/png': blob})]);
  }, png.toString('base64'));
  await page.keyboard.down('Control');
  await page.keyboard.press('v', {commands: ['Paste']});
  await page.keyboard.up('Control');
}
