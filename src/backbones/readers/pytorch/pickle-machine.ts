import {formatInteger} from '../../../core/text/format-count.js';
import type {ByteCursor} from '../byte-cursor.js';
import {FormatError} from '../format-error.js';
import {PickleGlobal, type PickleDialect} from './pickle-dialect.js';
import {Placeholder} from './placeholder.js';

/**
 * Maximum number of steps. A state dict takes some 30 opcodes per tensor. Each opcode adds one value at most, so this also bounds the
 * stack, marks and memo.
 */
const MAX_STEPS = 1_000_000;

const SAVE_STATE_DICT_REMEDY =
  'save model.state_dict() alone with torch.save and give that file, and do not open this one in Python unless you trust its source';

/** State of an unpickler: a stack, the stacks saved by MARK, and a memo. The opcodes modify it. */
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

  /** Counts steps, so that a small file cannot cause endless work. */
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

  /** The value on top of the stack, without removing it. */
  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.markedStacks.push(this.stack);
    this.stack = [];
  }

  /** Removes and returns the values since the last mark. */
  popMark(): unknown[] {
    const items = this.stack;
    const previousStack = this.markedStacks.pop();
    if (previousStack === undefined) throw this.formatError('no mark where one is needed');
    this.stack = previousStack;
    return items;
  }

  /** Stores the value on top of the stack in the memo. */
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

  /** @throws FormatError for a global outside the dialect */
  global(module: string, name: string): PickleGlobal {
    const found =
      this.dialect.globals.get(`${module}.${name}`) ?? this.dialect.fallback(`${module}.${name}`);
    if (found !== undefined) return found;
    throw new FormatError(
      `a pickle that asks for ${module}.${name}, which weights do not need`,
      SAVE_STATE_DICT_REMEDY,
    );
  }

  /** Calls a global. The cost grows with the arguments. Calling a placeholder returns another placeholder. */
  call(callee: unknown, args: unknown): void {
    if (callee instanceof Placeholder) return this.push(new Placeholder());
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args))
      throw this.formatError('a call of what cannot be called');
    for (const arg of args) if (Array.isArray(arg)) this.countSteps(arg.length);
    this.push(callee.call(args));
  }
}
