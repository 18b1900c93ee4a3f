import {expect} from 'chai';
import {ByteCursor} from '../../../../src/backbones/readers/byte-cursor.js';
import {PLAIN_DIALECT} from '../../../../src/backbones/readers/pytorch/pickle-dialect.js';
import {unpickle} from '../../../../src/backbones/readers/pytorch/pickle.js';
import {createTorchDialect} from '../../../../src/backbones/readers/pytorch/torch-dialect.js';
import {
  build,
  dictionary,
  global,
  integer,
  list,
  NONE,
  pickle,
  reduce,
  text,
  TRUE,
  tuple,
} from '../../../helpers/pickles.js';

const read = (...value: readonly Uint8Array[]): unknown =>
  unpickle(new ByteCursor(pickle(...value)), createTorchDialect(new Map()));
const hex = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(' ', ''), 'hex');

const ALONE =
  'Save model.state_dict() alone with torch.save and give that file, and do not open this one in Python unless you trust its source';
const asksFor = (name: string): string =>
  `a pickle that asks for ${name}, which weights do not need. ${ALONE}`;

describe('unpickle', () => {
  it('reads the values of checkpoints', () => {
    const value = read(
      dictionary({
        epoch: integer(-3),
        tags: list(text('ä'), NONE, TRUE),
        pair: tuple(integer(1), integer(2)),
      }),
    );
    expect(value).to.deep.equal(
      new Map<string, unknown>([
        ['epoch', -3],
        ['tags', ['ä', null, true]],
        ['pair', [1, 2]],
      ]),
    );
  });

  it('reads the numbers of every width', () => {
    expect(read(hex('4bff'))).to.equal(255);
    expect(read(hex('4d0102'))).to.equal(0x201);
    expect(read(hex('47 4009 21fb 5444 2d18'))).to.equal(Math.PI);
    expect(read(hex('8a 00'))).to.equal(0);
    expect(read(hex('8a 02 00ff'))).to.equal(-256);
    expect(read(hex('8a 09 00000000 00000000 01'))).to.equal(2n ** 64n);
    expect(read(hex('8b 01000000 80'))).to.equal(-128);
  });

  it('reads the texts of Python 2 and of protocol 4, framed and memoised', () => {
    expect(read(hex('55 02 6869'))).to.equal('hi');
    expect(read(hex('54 02000000 6869'))).to.equal('hi');
    expect(read(hex('95 0600000000000000 8c 02 6869 94'))).to.equal('hi');
    expect(read(hex('8d 0200000000000000 6869'))).to.equal('hi');
    expect(read(hex('5d 8c 02 6869 94 61 68 00'))).to.equal('hi');
  });

  it('fills an OrderedDict of Python 3 and of Python 2, and passes over its metadata', () => {
    const filled = new Map([['a', 1]]);
    expect(
      read(reduce(global('collections', 'OrderedDict')), text('a'), integer(1), hex('73')),
    ).to.deep.equal(filled);
    expect(
      read(reduce(global('collections', 'OrderedDict'), list(list(text('a'), integer(1))))),
    ).to.deep.equal(filled);
    expect(read(build(dictionary({a: integer(1)}), dictionary({_metadata: NONE})))).to.deep.equal(
      filled,
    );
  });

  it('keeps a command line and a scheduler next to the weights out of the way', () => {
    const namespace = Buffer.concat([global('argparse', 'Namespace'), hex('29 81')]);
    expect([
      ...(read(build(namespace, dictionary({lr: integer(1)}))) as Map<unknown, unknown>),
    ]).to.deep.equal([['lr', 1]]);
    expect(read(reduce(global('collections', 'Counter'), dictionary({})))).to.be.instanceOf(Map);
  });

  const HOSTILE: readonly (readonly [what: string, pickled: Buffer, found: string])[] = [
    ['os.system by REDUCE', reduce(global('os', 'system'), text('true')), asksFor('os.system')],
    [
      'os.system by NEWOBJ',
      Buffer.concat([global('posix', 'system'), tuple(text('true')), hex('81')]),
      asksFor('posix.system'),
    ],
    ['eval by GLOBAL', global('builtins', 'eval'), asksFor('builtins.eval')],
    [
      'eval by STACK_GLOBAL',
      Buffer.concat([text('builtins'), text('eval'), hex('93')]),
      asksFor('builtins.eval'),
    ],
    [
      'eval by INST',
      Buffer.concat([hex('28'), text('1'), hex('69'), Buffer.from('builtins\neval\n')]),
      asksFor('builtins.eval'),
    ],
    [
      'a nested file',
      reduce(global('torch.storage', '_load_from_bytes'), text('')),
      asksFor('torch.storage._load_from_bytes'),
    ],
    ['a name to disturb the terminal', global('os.\x1b[31m', 'x'), asksFor('os.\\u001b[31m.x')],
    [
      'names that are not text',
      Buffer.concat([list(), NONE, hex('93')]),
      'a pickle with a name that is not text (at byte 7)',
    ],
    [
      'a call of a text',
      reduce(text('os')),
      'a pickle with a call of what cannot be called (at byte 12)',
    ],
    [
      'a call of a storage type',
      reduce(global('torch', 'FloatStorage')),
      'a storage type where a function is to be called',
    ],
    [
      'an OrderedDict of no pairs',
      reduce(global('collections', 'OrderedDict'), text('ab')),
      'an OrderedDict that is not made of pairs',
    ],
    [
      'a state for a list',
      build(list(), NONE),
      'a pickle with a state given to what has none (at byte 7)',
    ],
    [
      'a codec by extension',
      hex('82 01'),
      'a pickle with opcode 0x82, which weights files do not use (at byte 3)',
    ],
    [
      'a text longer than the file',
      hex('58 ffffffff 61'),
      'a cut at byte 9, where 4,294,967,293 more were to follow',
    ],
    [
      'a text of 2^64 bytes',
      hex('8d ffffffffffffffff'),
      'a cut at byte 12, where 18,446,744,073,709,552,000 more were to follow',
    ],
    ['a huge integer', hex('8b 00000001'), 'an integer of 16,777,216 bytes (at byte 7)'],
    ['a line without an end', hex('63 61'), 'a cut at byte 5, where 1 more were to follow'],
    ['an empty stack', hex('73'), 'a pickle with nothing where a value is needed (at byte 3)'],
    ['a mark that was not set', hex('74'), 'a pickle with no mark where one is needed (at byte 3)'],
    [
      'a value that was not stored',
      hex('6a ffffffff'),
      'a pickle with a reference to value 4,294,967,295, which was never stored (at byte 7)',
    ],
    [
      'items for a text',
      Buffer.concat([text(''), NONE, hex('61')]),
      'a pickle with items added to what is not a list (at byte 9)',
    ],
    [
      'keys for a text',
      Buffer.concat([text(''), NONE, NONE, hex('73')]),
      'a pickle with items set in what is not a dictionary (at byte 10)',
    ],
    [
      'something from outside',
      Buffer.concat([text('x'), hex('51')]),
      'a pickle that refers to something other than a whole storage',
    ],
  ];

  for (const [what, pickled, found] of HOSTILE) {
    it(`refuses ${what}`, () => {
      const sentence = found.includes('. ') ? found : `${found}. Download or save the file again`;
      expect(() => read(pickled))
        .to.throw()
        .with.property('message', sentence);
    });
  }

  it('has placeholders for classes, which it neither looks up nor calls', () => {
    for (const name of ['constructor', '__proto__', 'Net']) {
      const object = read(
        build(
          Buffer.concat([global('my.models', name), hex('29 81')]),
          dictionary({a: integer(1)}),
        ),
      );
      expect([...(object as Map<unknown, unknown>)]).to.deep.equal([['a', 1]]);
    }
    expect(read(reduce(reduce(global('functools', 'partial'), NONE), NONE))).to.be.instanceOf(Map);
  });

  it('reads sets', () => {
    expect(read(hex('8f 28 4b01 4b02 90'))).to.deep.equal([1, 2]);
    expect(read(hex('28 4b01 91'))).to.deep.equal([1]);
    expect(read(hex('4b01 4b02 30'))).to.equal(1);
  });

  it('counts what a state has, so that one large state cannot be given again and again', () => {
    const state = dictionary(
      Object.fromEntries(Array.from({length: 10_000}, (_, i) => [`k${i}`, NONE])),
    );
    const stored = Buffer.concat([hex('28'), state, hex('71 00')]);
    const again = Buffer.concat([global('a', 'B'), hex('29 81 68 00 62')]);
    expect(() => read(stored, ...Array.from({length: 120}, () => again))).to.throw(
      'a pickle with more than 1,000,000 steps',
    );
  });

  it('ends a pickle that only wants to take time or memory', () => {
    const steps = 1_000_001;
    const tooLong = 'a pickle with more than 1,000,000 steps';
    for (const bomb of ['28', '5d'])
      expect(() => read(Buffer.alloc(steps, bomb, 'hex'))).to.throw(tooLong);
    expect(() => read(NONE, Buffer.alloc(steps, '94', 'hex'))).to.throw(tooLong);
  });

  it('counts what a call is given, so that one long list cannot be copied again and again', () => {
    const pairs = list(...Array.from({length: 10_000}, () => tuple(NONE, NONE)));
    const stored = Buffer.concat([hex('28'), pairs, hex('71 00')]);
    const again = Buffer.concat([global('collections', 'OrderedDict'), hex('68 00 85 52')]);
    expect(() => read(stored, ...Array.from({length: 120}, () => again))).to.throw(
      'a pickle with more than 1,000,000 steps',
    );
  });

  it('nests and refers to itself without a limit of its own', () => {
    const deep = Buffer.concat([Buffer.alloc(100_000, ']'), Buffer.alloc(99_999, 'a')]);
    expect(read(deep)).to.be.an('array').of.length(1);
    const self = read(hex('5d 71 00 68 00 61')) as unknown[];
    expect(self[0]).to.equal(self);
  });

  it('knows no names, and nothing outside, in a plain pickle', () => {
    const plain = (...value: readonly Uint8Array[]) =>
      unpickle(new ByteCursor(pickle(...value)), PLAIN_DIALECT);
    expect(() => plain(global('collections', 'OrderedDict'))).to.throw(
      asksFor('collections.OrderedDict'),
    );
    expect(() => plain(text('x'), hex('51'))).to.throw(
      'a pickle that refers to something outside it. Download or save the file again',
    );
  });
});
