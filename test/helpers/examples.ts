import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {exportModel} from '../../src/export/export-model.js';
import {randomClassifier} from './random-classifier.js';
import {temporaryDirectory} from './temporary.js';

/** The folder of the examples. */
export const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));

/**
 * Starts an example in a process of its own, on the backend of the tests.
 * @param root folder of the examples, or a copy of it
 */
export const startExample = (
  path: string,
  args: readonly string[],
  root = EXAMPLES,
  environment: NodeJS.ProcessEnv = {},
): ChildProcess =>
  spawn(process.execPath, [join(root, path), ...args], {
    env: {
      ...process.env,
      FINETUNE_BACKEND: process.env.FINETUNE_TEST_BACKEND ?? 'tensorflow',
      FINETUNE_DEVICE: process.env.FINETUNE_TEST_DEVICE ?? 'cpu',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Runs an example to its end. @returns its standard output; rejects where it fails */
export async function runExample(
  path: string,
  args: readonly string[],
  root?: string,
): Promise<string> {
  const child = startExample(path, args, root);
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${path} ended with ${code}: ${stderr}`);
  return stdout;
}

/** An example that serves HTTP. */
export interface ExampleService {
  readonly url: string;
  /** Ends it as a container does. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Starts an example that says where it listens. */
export async function startService(
  ...args: Parameters<typeof startExample>
): Promise<ExampleService> {
  const child = startExample(...args);
  const closed = once(child, 'close');
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const first = await Promise.race([once(child.stdout!.setEncoding('utf8'), 'data'), closed]);
  const [, url] = /^listening on (\S+)/.exec(String(first[0])) ?? [];
  if (url === undefined) throw new Error(`${args[0]} does not listen: ${stderr}`);
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const [code] = (await closed) as [number | null];
    return code;
  };
  return {url, stop};
}

/** Exports a small model with random weights for the classes dotted, plain and striped. @returns its directory */
export async function exportedRandomModel(): Promise<string> {
  const classNames = ['dotted', 'plain', 'striped'];
  const classifier = randomClassifier({spec: {lastStage: 1}, size: 32, classNames});
  const directory = join(temporaryDirectory(), 'model');
  await exportModel(classifier, directory);
  classifier.dispose();
  return directory;
}
