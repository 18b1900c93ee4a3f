import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {COMMANDS} from '../../src/cli/commands.js';
import {EXPORT_FORMATS, EXPORTERS, isModelFile} from '../../src/export/formats/exporters.js';

describe('EXPORTERS', () => {
  it('know the files of each format, and those next to them', () => {
    for (const {file, isFile} of Object.values(EXPORTERS)) expect(isFile(file)).to.equal(true);
    const names = ['model.json', 'group1-shard1of2.bin', 'model.safetensors', 'labels.txt'];
    expect(names.every(isModelFile)).to.equal(true);
    expect(['notes.txt', 'group1-shard1of2.bin.part'].some(isModelFile)).to.equal(false);
  });

  it('are what the help of export names', () => {
    expect(COMMANDS.export.description).to.include(`(${EXPORT_FORMATS.join(', ')})`);
  });

  it('are in the table of the docs', () => {
    const docs = readFileSync('docs/export.md', 'utf8');
    for (const {file, readers} of Object.values(EXPORTERS))
      expect(docs).to.match(new RegExp(`\\| \`${file}\`[^|]*\\| ${readers} +\\|`));
  });

  it('load their exporter when it is needed', async () => {
    for (const format of EXPORT_FORMATS) {
      const exporter = await EXPORTERS[format].load();
      expect(exporter).to.have.all.keys('write', 'read');
    }
  });
});
