import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {findErrorLine, runSubprocess, type SubprocessResult} from './subprocess.js';
import {BackendError} from '../backend-error.js';

/** Report of a new backend that computed the right results. */
export interface SelfTestReport {
  readonly tensorflow: string;
  readonly usesGpu: boolean;
}

const SELF_TEST_PROGRAM = fileURLToPath(new URL('./self-test-process.js', import.meta.url));

/** Path of the report inside the backend directory. */
export const reportPath = (directory: string): string => join(directory, 'self-test.json');

/**
 * Tests a new backend in a child process, which may crash. It computes a matrix product, a convolution and the convolution's gradient, and
 * compares them with known numbers.
 * @throws BackendError if it crashes, does not load or computes a wrong number
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
