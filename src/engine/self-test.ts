import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {complaint, runCommand, type CommandResult} from './command.js';
import {EngineError} from './engine-error.js';

/** What a new engine says when it has computed what it should. */
export interface SelfTestReport {
  readonly tensorflow: string;
  readonly usesGpu: boolean;
}

const PROGRAM = fileURLToPath(new URL('./self-test-process.js', import.meta.url));

/** Where the process leaves its report, inside the engine directory. */
export const reportOf = (directory: string): string => join(directory, 'self-test.json');

/**
 * Loads a new engine in a process of its own, where it may crash, and lets it compute a matrix product, a convolution and the
 * convolution's gradient against known numbers.
 * @throws EngineError for a crash, a refusal to load or a wrong number
 */
export async function selfTest(
  tfjsPackage: string,
  directory: string,
  {environment, signal}: {environment: NodeJS.ProcessEnv; signal?: AbortSignal | undefined},
): Promise<SelfTestReport> {
  const quiet = {TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true', ...environment};
  const result = await runCommand([process.execPath, PROGRAM, tfjsPackage, directory], {environment: quiet, signal});
  if (result?.code !== 0) throw new EngineError('test', `Expected the new TensorFlow to pass its self-test, but found: ${reason(result)}.`);
  const report = JSON.parse(await readFile(reportOf(directory), 'utf8')) as SelfTestReport;
  await rm(reportOf(directory));
  return report;
}

function reason(result: CommandResult | undefined): string {
  if (result === undefined) return 'no Node to run it';
  if (result.signal === 'SIGILL') return 'SIGILL, so the processor lacks instructions that this TensorFlow was built for';
  if (/failed to map segment from shared object/.test(result.output)) {
    return 'a disk from which no programs may be run (noexec). Set FINETUNE_CACHE to a folder on another';
  }
  return result.signal === null ? complaint(result) : `${result.signal} (${complaint(result)})`;
}
