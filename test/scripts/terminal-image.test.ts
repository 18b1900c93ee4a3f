import {expect} from 'chai';
import {renderTerminal} from '../../scripts/terminal-image.js';

const texts = (svg: string): string[][] =>
  [
    ...svg.matchAll(
      /<text x="(\d+)" y="(\d+)" fill="(#\w+)"[^>]*?( font-weight="700")?>(.*)<\/text>/g,
    ),
  ].map(([, x, y, fill, bold, text]) => [x!, y!, fill!, bold === undefined ? '' : 'bold', text!]);

describe('the image of a terminal', () => {
  it('has the command, then each line, with its columns and colors', () => {
    const output =
      'accuracy   \x1b[1m\x1b[32m98.4 %\x1b[39m\x1b[22m of 64\n\n\x1b[33mwarning\x1b[39m    a < b & c\n';
    expect(texts(renderTerminal('finetune demo', output))).to.deep.equal([
      ['14', '27', '#ffffff', 'bold', '$ finetune demo'],
      ['14', '45', '#d4d8de', '', 'accuracy'],
      ['102', '45', '#7ee787', 'bold', '98.4 %'],
      ['158', '45', '#d4d8de', '', 'of 64'],
      ['14', '81', '#e3b341', '', 'warning'],
      ['102', '81', '#d4d8de', '', 'a &lt; b &amp; c'],
    ]);
  });

  it('shows the last of what a line was drawn over with', () => {
    const output = '\x1b[?25l\r\x1b[2K50 %\r\x1b[2K\x1b[1Gdone\r\nnext\r\n';
    expect(texts(renderTerminal('x', output)).map(([, y, , , text]) => [y, text])).to.deep.equal([
      ['27', '$ x'],
      ['45', 'done'],
      ['63', 'next'],
    ]);
  });

  it('leaves out a spinner that erased itself', () => {
    const output = '\u2819\x1b[1G\x1b[0Kdone\r\n\u2819\x1b[1G\x1b[0K';
    expect(texts(renderTerminal('x', output)).map(([, y, , , text]) => [y, text])).to.deep.equal([
      ['27', '$ x'],
      ['45', 'done'],
    ]);
  });

  it('shows the text of a link without its address', () => {
    const output = '  \x1b]8;;file:///home/ann/report.html\x1b\\report.html\x1b]8;;\x1b\\\n';
    expect(texts(renderTerminal('x', output)).at(-1)).to.deep.equal([
      ...['30', '45', '#d4d8de', '', 'report.html'],
    ]);
  });

  it('is as high as its lines', () => {
    expect(renderTerminal('x', 'a\nb\nc\n')).to.include('height="99"');
  });
});
