import {expect} from 'chai';
import {countTfRecords, crc32c, tfRecord} from '../../../src/core/files/tf-record.js';
import {readRecords} from '../../helpers/event-file.js';

describe('CRC-32C', () => {
  it('is that of RFC 3720', () => {
    const checksums = [
      Buffer.alloc(32),
      Buffer.alloc(32, 0xff),
      Buffer.from(Array.from({length: 32}, (_, i) => i)),
      Buffer.from('123456789'),
    ].map(bytes => crc32c(bytes).toString(16));
    expect(checksums).to.deep.equal(['8a9136aa', '62a8ab43', '46dd794e', 'e3069283']);
  });
});

describe('a TFRecord', () => {
  const data = ['', 'one', 'x'.repeat(300)].map(text => Buffer.from(text));
  const file = Buffer.concat(data.map(tfRecord));

  it('is read by an independent reader', () => {
    expect(readRecords(file)).to.deep.equal(data);
  });

  it('is counted where it is whole', () => {
    expect(countTfRecords(file, 9)).to.deep.equal({records: 3, bytes: file.length});
    expect(countTfRecords(file, 2)).to.deep.equal({records: 2, bytes: 16 + 19});
    expect(countTfRecords(Buffer.alloc(0), 9)).to.deep.equal({records: 0, bytes: 0});
  });

  it('ends the file where it was cut or changed', () => {
    for (let cut = 1; cut < 316; cut++)
      expect(countTfRecords(file.subarray(0, file.length - cut), 9).records, `cut ${cut}`).to.equal(
        2,
      );
    const changed = Buffer.from(file);
    changed[16 + 13]! ^= 1;
    expect(countTfRecords(changed, 9)).to.deep.equal({records: 1, bytes: 16});
    changed[16]! ^= 1;
    expect(countTfRecords(changed, 9).records).to.equal(1);
  });
});
