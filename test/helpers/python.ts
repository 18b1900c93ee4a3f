import {execFileSync} from 'node:child_process';

/** Runs a Python program; skips the calling test where python3 lacks a module. @returns what it prints, parsed as JSON */
export function runPythonOrSkip(
  test: Mocha.Context,
  module: string,
  program: string,
  args: readonly string[],
): unknown {
  const python = process.env.TEST_PYTHON ?? 'python3';
  try {
    execFileSync(python, ['-c', `import ${module}`], {stdio: 'ignore'});
  } catch {
    test.test!.title += ` (skipped: ${python} has no ${module}; TEST_PYTHON can name another)`;
    test.skip();
  }
  const output = execFileSync(python, ['-c', program, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output);
}
