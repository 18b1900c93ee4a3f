import {expect} from 'chai';
import {
  escapeMarkdownCode,
  escapeMarkdown,
  printable,
  printableJson,
  printableLines,
  printableStyled,
} from '../../../src/core/text/printable.js';

/** Moves a cursor, rings, turns text around, hides, breaks a line. */
const HOSTILE = [
  '\u001b[2J',
  '\u009b2J',
  '\u0007',
  '\u202e',
  '\u2066',
  '\u200b',
  '\ufeff',
  '\u2028',
  '\r',
  '\n',
  '\u007f',
  '\ud800',
  '\u{e0041}',
];
const ACTS = /[\p{Cc}\p{Bidi_Control}\u200b\ufeff\u2028\u{e0041}]|\p{Cs}/u;

describe('names from outside', () => {
  it('are shown as an escape that JSON.parse reads', () => {
    for (const text of HOSTILE) {
      const name = `a${text}b`;
      expect(printable(name)).not.to.match(ACTS);
      expect(JSON.parse(`"${printable(name)}"`)).to.equal(name);
    }
  });

  it('keep letters and emoji of every language', () => {
    for (const name of ['Käfer', '漢字', 'חתול', 'कुत्ता', 'e\u0301', '👩‍👩‍👧', 'می‌خواهم'])
      expect(printable(name)).to.equal(name);
  });

  it('are text in Markdown, and stay in a code span', () => {
    expect(escapeMarkdown('<b> [a](x)\n|\u202e')).to.equal('\\<b\\> \\[a\\](x) \\|\\\\u202e');
    expect(escapeMarkdownCode('a`b\u001b')).to.equal("a'b\\u001b");
  });

  it('are escaped in JSON that parses to the same document', () => {
    const document = {names: HOSTILE, [HOSTILE.join('')]: 1};
    expect(printableJson(document).replaceAll('\n', '')).not.to.match(ACTS);
    expect(JSON.parse(printableJson(document))).to.deep.equal(document);
    expect(printableLines('a\n\tb\u001b')).to.equal('a\n\tb\\u001b');
  });
});

describe('text for a terminal', () => {
  it('keeps colors and links to files, and escapes every other code', () => {
    const link = '\u001b]8;;file:///tmp/a%20b/report.html\u001b\\report\u001b]8;;\u001b\\';
    expect(printableStyled(`\u001b[1m${link}\u001b[22m`)).to.equal(`\u001b[1m${link}\u001b[22m`);
    for (const hostile of [
      '\u001b]8;;https://example.org\u001b\\x',
      '\u001b]8;;file:///a\u0007x',
      '\u001b]8;id=1;file:///a\u001b\\x',
      '\u001b]8;;file:///a b\u001b\\x',
      '\u001b]0;title\u001b\\',
    ])
      expect(printableStyled(hostile)).not.to.include('\u001b');
  });
});
