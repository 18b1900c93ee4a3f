import type {ByteCursor} from '../byte-cursor.js';
import type {PickleDialect} from './pickle-dialect.js';
import {PickleMachine} from './pickle-machine.js';
import {PICKLE_OPCODES, STOP_OPCODE} from './pickle-opcodes.js';

/**
 * Reads one pickle without executing anything. Lists and tuples become arrays, dictionaries Maps, integers beyond 2^53 bigints.
 * @param input positioned at the pickle's first byte; afterwards after its last byte
 * @throws FormatError for a global outside the dialect, an opcode that weights files do not use, or invalid bytes
 */
export function unpickle(input: ByteCursor, dialect: PickleDialect): unknown {
  const machine = new PickleMachine(input, dialect);
  for (;;) {
    const opcode = input.byte();
    if (opcode === STOP_OPCODE) return machine.pop();
    const execute = PICKLE_OPCODES.get(opcode);
    if (execute === undefined)
      throw machine.formatError(
        `opcode 0x${opcode.toString(16).padStart(2, '0')}, which weights files do not use`,
      );
    machine.countSteps(1);
    execute(machine);
  }
}
