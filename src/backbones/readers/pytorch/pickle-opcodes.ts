import type {PickleMachine} from './pickle-machine.js';
import {Placeholder} from './placeholder.js';

type OpcodeHandler = (machine: PickleMachine) => void;

/** Ends a pickle. Its value is on top of the stack. */
export const STOP_OPCODE = 0x2e;

function append(machine: PickleMachine, items: readonly unknown[]): void {
  const list = machine.top();
  if (list instanceof Placeholder) return;
  if (!Array.isArray(list)) throw machine.formatError('items added to what is not a list');
  for (const item of items) list.push(item);
}

function setItems(machine: PickleMachine, items: readonly unknown[]): void {
  const dictionary = machine.top();
  if (!(dictionary instanceof Map))
    throw machine.formatError('items set in what is not a dictionary');
  for (let i = 0; i + 1 < items.length; i += 2) dictionary.set(items[i], items[i + 1]);
}

/**
 * BUILD: sets the state of an object. The state holds its fields, or a pair of fields and slots. The state of a dictionary (the `_metadata`
 * of a state dict) is dropped. Every object with a state is a Map here.
 */
function buildObject(machine: PickleMachine): void {
  const state = machine.pop();
  const object = machine.top();
  if (!(object instanceof Map)) throw machine.formatError('a state given to what has none');
  if (!(object instanceof Placeholder)) return;
  for (const fields of Array.isArray(state) ? (state as unknown[]) : [state])
    if (fields instanceof Map) machine.countSteps(fields.size);
  object.setState(state);
}

function call(machine: PickleMachine): void {
  const args = machine.pop();
  machine.call(machine.pop(), args);
}

/** NEWOBJ_EX: a placeholder ignores keyword arguments. */
function callWithKeywords(machine: PickleMachine): void {
  machine.pop();
  call(machine);
}

function buildTuple(machine: PickleMachine, length: number): void {
  machine.push(Array.from({length}, () => machine.pop()).reverse());
}

function stackGlobal(machine: PickleMachine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof name !== 'string' || typeof module !== 'string')
    throw machine.formatError('a name that is not text');
  machine.push(machine.global(module, name));
}

/**
 * Opcodes that `torch.save` writes, under Python 2 and 3 and every protocol since 2. Opcodes used only by older protocols and by attackers
 * are absent, except INST, so that its global can be reported. https://github.com/python/cpython/blob/3.13/Lib/pickletools.py
 */
export const PICKLE_OPCODES: ReadonlyMap<number, OpcodeHandler> = new Map<number, OpcodeHandler>([
  [0x28, m => m.mark()], // MARK
  [0x29, m => m.push([])], // EMPTY_TUPLE
  [0x30, m => void m.pop()], // POP
  [0x31, m => void m.popMark()], // POP_MARK
  [0x42, m => m.push(m.input.take(m.input.uint32()))], // BINBYTES
  [0x43, m => m.push(m.input.take(m.input.byte()))], // SHORT_BINBYTES
  [0x47, m => m.push(m.input.float64())], // BINFLOAT
  [0x4a, m => m.push(m.input.int32())], // BININT
  [0x4b, m => m.push(m.input.byte())], // BININT1
  [0x4d, m => m.push(m.input.uint16())], // BININT2
  [0x4e, m => m.push(null)], // NONE
  [0x51, m => m.push(m.dialect.loadPersistent(m.pop()))], // BINPERSID
  [0x52, call], // REDUCE
  [0x54, m => m.push(m.input.text(m.input.uint32()))], // BINSTRING
  [0x55, m => m.push(m.input.text(m.input.byte()))], // SHORT_BINSTRING
  [0x58, m => m.push(m.input.text(m.input.uint32()))], // BINUNICODE
  [0x5d, m => m.push([])], // EMPTY_LIST
  [0x61, m => append(m, [m.pop()])], // APPEND
  [0x62, buildObject], // BUILD
  [0x63, m => m.push(m.global(m.input.line(), m.input.line()))], // GLOBAL
  [0x65, m => append(m, m.popMark())], // APPENDS
  [0x68, m => m.loadMemo(m.input.byte())], // BINGET
  [0x69, m => m.call(m.global(m.input.line(), m.input.line()), m.popMark())], // INST
  [0x6a, m => m.loadMemo(m.input.uint32())], // LONG_BINGET
  [0x71, m => m.memoize(m.input.byte())], // BINPUT
  [0x72, m => m.memoize(m.input.uint32())], // LONG_BINPUT
  [0x73, m => setItems(m, [m.pop(), m.pop()].reverse())], // SETITEM
  [0x74, m => m.push(m.popMark())], // TUPLE
  [0x75, m => setItems(m, m.popMark())], // SETITEMS
  [0x7d, m => m.push(new Map())], // EMPTY_DICT
  [0x80, m => void m.input.byte()], // PROTO
  [0x81, call], // NEWOBJ
  [0x85, m => buildTuple(m, 1)], // TUPLE1
  [0x86, m => buildTuple(m, 2)], // TUPLE2
  [0x87, m => buildTuple(m, 3)], // TUPLE3
  [0x88, m => m.push(true)], // NEWTRUE
  [0x89, m => m.push(false)], // NEWFALSE
  [0x8a, m => m.push(m.input.integer(m.input.byte()))], // LONG1
  [0x8b, m => m.push(m.input.integer(m.input.uint32()))], // LONG4
  [0x8c, m => m.push(m.input.text(m.input.byte()))], // SHORT_BINUNICODE
  [0x8d, m => m.push(m.input.text(m.input.uint64()))], // BINUNICODE8
  [0x8e, m => m.push(m.input.take(m.input.uint64()))], // BINBYTES8
  [0x8f, m => m.push([])], // EMPTY_SET
  [0x90, m => append(m, m.popMark())], // ADDITEMS
  [0x91, m => m.push(m.popMark())], // FROZENSET
  [0x92, callWithKeywords], // NEWOBJ_EX
  [0x93, stackGlobal], // STACK_GLOBAL
  [0x94, m => m.memoize()], // MEMOIZE
  [0x95, m => void m.input.uint64()], // FRAME
  [0x96, m => m.push(m.input.take(m.input.uint64()))], // BYTEARRAY8
]);
