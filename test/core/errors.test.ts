import {expect} from 'chai';
import {
  AbortedError,
  DatasetError,
  defineError,
  FinetuneError,
  UsageError,
} from '../../src/core/errors.js';

class FileMissingError extends defineError(
  DatasetError,
  'FILE_MISSING',
  ({path, line = 1}: {path: string; line?: number}, {reason}: {reason: string}) =>
    `${path} is missing in line ${line}: ${reason}. Check the path.`,
) {}

class TakenError extends defineError(
  UsageError,
  'TAKEN',
  (_details: {path: string}, message: string) => message,
) {
  readonly remedy = `rm ${this.path}`;
}

const missing = (cause?: unknown): FileMissingError =>
  new FileMissingError({path: 'a.csv', ...(cause !== undefined && {cause})}, {reason: 'moved'});

describe('an error class', () => {
  it('is its base, with the exit code of it', () => {
    expect(missing())
      .to.be.instanceOf(FileMissingError)
      .and.instanceOf(DatasetError)
      .and.instanceOf(FinetuneError)
      .and.not.instanceOf(TakenError);
    expect(missing().exitCode).to.equal(3);
    expect(new TakenError({path: 'a'}, 'Taken.').exitCode).to.equal(2);
  });

  it('has its name, code, message and details, and not the words', () => {
    const error = missing();
    expect(error.message).to.equal('a.csv is missing in line 1: moved. Check the path.');
    expect({...error}).to.deep.equal({
      name: 'FileMissingError',
      code: 'FILE_MISSING',
      exitCode: 3,
      path: 'a.csv',
    });
    expect(error.stack).to.include('errors.test');
  });

  it('keeps its cause as every error does, out of the fields', () => {
    const cause = new Error('no such file');
    expect(missing(cause).cause).to.equal(cause);
    expect({...missing(cause)}).not.to.have.property('cause');
    expect(missing()).not.to.have.property('cause');
  });

  it('takes its message as it is, and fields of its own', () => {
    const error = new TakenError({path: 'a.csv'}, 'It is taken.');
    expect(error).to.include({message: 'It is taken.', remedy: 'rm a.csv', code: 'TAKEN'});
  });

  it('takes no argument where none is required', () => {
    expect(new AbortedError().message).to.equal('The run was stopped.');
    expect(new AbortedError({checkpoint: 'last'})).to.include({checkpoint: 'last'});
  });
});
