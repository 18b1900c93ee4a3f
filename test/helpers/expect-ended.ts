import {expect} from 'chai';
import type {Ended} from './program.js';

const STACK = /\n +at .*:\d+|bug in finetune/;

/** The command ended by itself with a code, and without a stack. */
export function expectEnded({code, signal, stdout, stderr}: Ended, exitCode: number): void {
  expect({code, signal}, stderr).to.deep.equal({code: exitCode, signal: null});
  expect(stderr).not.to.match(STACK);
  expect(stdout).not.to.match(STACK);
}

/** The command failed with one sentence (or two: what was found, what to do) on one line. */
export function expectSentence(ended: Ended, exitCode: number, sentence: RegExp): void {
  expectEnded(ended, exitCode);
  const errors = ended.stderr.split('\n').filter(line => line.startsWith('error '));
  expect(errors, ended.stderr).to.have.length(1);
  expect(errors[0]).to.match(sentence);
}

/** What `--json` printed. */
export const documentOf = <Document>({stdout}: Ended): Document => JSON.parse(stdout) as Document;
