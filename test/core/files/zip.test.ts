import {expect} from 'chai';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ZipArchive, ZipError} from '../../../src/core/files/zip.js';
import {storedZip} from '../../helpers/stored-zip.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const HELLO = Buffer.from('hello');

function archive(bytes: Uint8Array): string {
  const path = join(temporaryDirectory(), 'archive.zip');
  writeFileSync(path, bytes);
  return path;
}

/** What opening the archive, or reading its entry `a`, is refused with; the path written FILE. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const path = archive(bytes);
  let zip: ZipArchive | undefined;
  try {
    zip = await ZipArchive.open(path);
    await zip.read('a');
  } catch (error) {
    expect(error).to.be.instanceOf(ZipError);
    return (error as ZipError).message.replaceAll(path, 'FILE');
  } finally {
    zip?.close();
  }
  throw new Error('Expected the archive to be refused, but it was read.');
}

/** An end of the archive that sends the reader to 2^64 - 1. */
function astray(): Buffer {
  const bytes = storedZip({a: HELLO});
  const locator = Buffer.from(
    '504b0607 00000000 ffffffffffffffff 01000000'.replaceAll(' ', ''),
    'hex',
  );
  return Buffer.concat([bytes.subarray(0, -22), locator, bytes.subarray(-22)]);
}

describe('ZipArchive', () => {
  it('reads entries, in any order and at once', async () => {
    const long = Buffer.alloc(3_000_000, 'abc');
    const zip = await ZipArchive.open(archive(storedZip({a: HELLO, long, empty: Buffer.alloc(0)})));
    expect(zip.names).to.deep.equal(['a', 'long', 'empty']);
    expect(zip.entrySize('long')).to.equal(3_000_000);
    const [last, first, middle] = await Promise.all([
      zip.read('empty'),
      zip.read('a'),
      zip.read('long'),
    ]);
    expect([last!.toString(), first!.toString()]).to.deep.equal(['', 'hello']);
    expect(middle!.equals(long)).to.equal(true);
    zip.close();
  });

  it('streams an entry into a file, telling how far it is', async () => {
    const long = Buffer.alloc(3_000_000, 'abc');
    const zip = await ZipArchive.open(archive(storedZip({long})));
    const to = join(temporaryDirectory(), 'long');
    let reported = 0;
    await zip.extract('long', to, {onBytes: bytes => (reported += bytes)});
    zip.close();
    expect(readFileSync(to).equals(long)).to.equal(true);
    expect(reported).to.equal(3_000_000);
  });

  it('refuses to have streamed an entry of another checksum', async () => {
    const zip = await ZipArchive.open(archive(storedZip({a: HELLO}, {a: {crc: 1}})));
    const error = await zip
      .extract('a', join(temporaryDirectory(), 'a'))
      .catch((thrown: unknown) => thrown);
    zip.close();
    expect(error).to.be.instanceOf(ZipError);
    expect((error as ZipError).message).to.include(
      'is not a whole zip archive: another checksum than the archive names.',
    );
  });

  it('takes a checksum of 0 for none', async () => {
    const zip = await ZipArchive.open(archive(storedZip({a: HELLO}, {a: {crc: 0}})));
    expect((await zip.read('a')).toString()).to.equal('hello');
    zip.close();
  });

  const REFUSED: readonly (readonly [what: string, bytes: Buffer, found: string])[] = [
    [
      'a wrong checksum',
      storedZip({a: HELLO}, {a: {crc: 1}}),
      'FILE (a) is not a whole zip archive: another checksum than the archive names. Download the file again.',
    ],
    [
      'places outside the file',
      astray(),
      'FILE is not a whole zip archive: no 56 bytes at 18446744073709552000. Download the file again.',
    ],
    [
      'an entry that reaches beyond the end',
      storedZip({a: HELLO}, {a: {size: 500}}),
      'FILE (a) is not a whole zip archive: file data overflows file bounds: 31 + 500 > 105. Download the file again.',
    ],
    ['an archive without the entry', storedZip({b: HELLO}), 'FILE has no entry a.'],
  ];

  for (const [what, bytes, found] of REFUSED) {
    it(`refuses ${what}`, async () => {
      expect(await refusal(bytes)).to.equal(found);
    });
  }

  it('refuses an archive that is cut anywhere', async () => {
    const whole = storedZip({a: HELLO});
    for (let length = 0; length < whole.length; length++)
      expect(await refusal(whole.subarray(0, length))).to.match(
        /^FILE( \(a\))? is not a whole zip archive: /,
      );
  });
});
