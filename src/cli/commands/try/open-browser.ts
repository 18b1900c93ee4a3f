import {spawn} from 'node:child_process';

/** Programs that open an address in the user's browser, by platform. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens an address in the user's browser. @returns whether a program was found that does it */
export function openBrowser(url: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  return new Promise(resolve => {
    const child = spawn(program, [...args, url], {
      env: environment,
      stdio: 'ignore',
      detached: true,
    });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
