import {formatInteger} from '../../../core/text/format-count.js';
import type {ByteCursor} from '../byte-cursor.js';
import {FormatError} from '../format-error.js';
import {PickleGlobal, type PickleDialect} from './pickle-dialect.js';
import {Placeholder} from './placeholder.js';

/** A state dict takes some 30 opcodes a tensor. As each adds one value at most, this bounds stack, marks and memo alike. */
const MAX_STEPS = 1_000_000;

const SAVE_STATE_DICT_REMEDY =
  'save model.state_dict() alone with torch.save and give that file, and do not open this one in Python unless you trust its source';

/** The state of an unpickling: a stack, the stacks that MARK set aside, and a memo. The opcodes act on it. */
export class PickleMachine {
  private stack: unknown[] = [];
  private readonly markedStacks: unknown[][] = [];
  private readonly memo = new Map<number, unknown>();
  private steps = 0;

  constructor(
    readonly input: ByteCursor,
    readonly dialect: PickleDialect,
  ) {}

  formatError(what: string): FormatError {
    return new FormatError(`a pickle with ${what} (at byte ${formatInteger(this.input.position)})`);
  }

  /** Counts work, so that a small file cannot ask for endless work. */
  countSteps(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS)
      throw this.formatError(`more than ${formatInteger(MAX_STEPS)} steps`);
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) throw this.formatError('nothing where a value is needed');
    return this.stack.pop();
  }

  /** The value on top of the stack, which stays there. */
  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.markedStacks.push(this.stack);
    this.stack = [];
  }

  /** Everything since the last mark. */
  popMark(): unknown[] {
    const items = this.stack;
    const previousStack = this.markedStacks.pop();
    if (previousStack === undefined) throw this.formatError('no mark where one is needed');
    this.stack = previousStack;
    return items;
  }

  /** Stores the value on top of the stack. */
  memoize(index = this.memo.size): void {
    this.memo.set(index, this.top());
  }

  loadMemo(index: number): void {
    if (!this.memo.has(index))
      throw this.formatError(
        `a reference to value ${formatInteger(index)}, which was never stored`,
      );
    this.push(this.memo.get(index));
  }

  /** @throws FormatError, naming it, for a name outside the dialect */
  global(module: string, name: string): PickleGlobal {
    const found =
      this.dialect.globals.get(`${module}.${name}`) ?? this.dialect.fallback(`${module}.${name}`);
    if (found !== undefined) return found;
    throw new FormatError(
      `a pickle that asks for ${module}.${name}, which weights do not need`,
      SAVE_STATE_DICT_REMEDY,
    );
  }

  /** A call costs as much as it is given. What came of a placeholder may be called, and comes to another. */
  call(callee: unknown, args: unknown): void {
    if (callee instanceof Placeholder) return this.push(new Placeholder());
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args))
      throw this.formatError('a call of what cannot be called');
    for (const arg of args) if (Array.isArray(arg)) this.countSteps(arg.length);
    this.push(callee.call(args));
  }
}
