import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {findErrorLine, runSubprocess, type SubprocessResult} from './subprocess.js';
import {BackendError} from '../backend-error.js';

/** What a new backend says when it has computed what it should. */
export interface SelfTestReport {
  readonly tensorflow: string;
  readonly usesGpu: boolean;
}

const SELF_TEST_PROGRAM = fileURLToPath(new URL('./self-test-process.js', import.meta.url));

/** Where the process leaves its report, inside the backend directory. */
export const reportPath = (directory: string): string => join(directory, 'self-test.json');

/**
 * Loads a new backend in a process of its own, where it may crash, and lets it compute a matrix product, a convolution and the
 * convolution's gradient against known numbers.
 * @throws BackendError for a crash, a refusal to load or a wrong number
 */
export async function selfTest(
  tfjsPackage: string,
  directory: string,
  {environment, signal}: {environment: NodeJS.ProcessEnv; signal?: AbortSignal | undefined},
): Promise<SelfTestReport> {
  const quietEnvironment = {
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    ...environment,
  };
  const result = await runSubprocess(
    [process.execPath, SELF_TEST_PROGRAM, tfjsPackage, directory],
    {environment: quietEnvironment, signal},
  );
  if (result?.code !== 0)
    throw new BackendError(
      {step: 'test'},
      `The new TensorFlow fails its self-test: ${describeFailure(result)}.`,
    );
  const report = JSON.parse(await readFile(reportPath(directory), 'utf8')) as SelfTestReport;
  await rm(reportPath(directory));
  return report;
}

function describeFailure(result: SubprocessResult | undefined): string {
  if (result === undefined) return 'no Node to run it';
  if (result.signal === 'SIGILL')
    return 'SIGILL, so the processor lacks instructions that this TensorFlow was built for';
  if (/failed to map segment from shared object/.test(result.output)) {
    return 'a disk from which no programs may be run (noexec). Set FINETUNE_CACHE to a folder on another';
  }
  return result.signal === null
    ? findErrorLine(result)
    : `${result.signal} (${findErrorLine(result)})`;
}
