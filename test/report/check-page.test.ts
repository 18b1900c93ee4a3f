import {expect} from 'chai';
import type {Finding} from '../../src/core/finding.js';
import {checkPage, type CheckRecord} from '../../src/report/check-page.js';

const finding = (
  severity: Finding['severity'],
  message: string,
  files: readonly string[] = [],
): Finding => ({
  code: 'x',
  severity,
  message,
  files,
});

const record = (options: Partial<CheckRecord>): CheckRecord => ({
  name: 'pets',
  images: 3,
  classes: {cat: {images: 2}, '<dog>': {images: 1}},
  findings: [],
  thumbnails: new Map(),
  next: 'npx finetune --data pets',
  ...options,
});

describe('the page of a check', () => {
  it('has the gravest first, and escapes what files and classes are called', () => {
    const page = checkPage(
      record({
        findings: [
          finding('note', 'third'),
          finding('error', 'first'),
          finding('warning', 'second <b>'),
        ],
      }),
    );
    expect([
      page.indexOf('first'),
      page.indexOf('second &lt;b&gt;'),
      page.indexOf('third'),
    ]).to.satisfy((places: number[]) => places.every((place, i) => place > (places[i - 1] ?? 0)));
    expect(page).to.contain('&lt;dog&gt;').and.not.to.contain('<dog>');
  });

  it('names a number of files, and says how many more there are', () => {
    const files = Array.from({length: 250}, (_, i) => `cat/${i}.png`);
    const page = checkPage(record({findings: [finding('note', 'many', files)]}));
    expect(page).to.contain('<code>cat/199.png</code>').and.to.contain('and 50 more files');
    expect(page).to.not.contain('<code>cat/200.png</code>');
  });

  it('shows images that it was given, and none that would be loaded from elsewhere', () => {
    const thumbnails = new Map([
      ['a.png', 'data:image/png;base64,AAAA'],
      ['b.png', 'https://example.org/b.png'],
    ]);
    const page = checkPage(
      record({findings: [finding('note', 'two', ['a.png', 'b.png', 'c.png'])], thumbnails}),
    );
    expect(page).to.contain('src="data:image/png;base64,AAAA"').and.not.to.contain('example.org');
  });

  it('shows no images of a finding about most of a folder, and some of one about a few', () => {
    const files = Array.from({length: 30}, (_, i) => `cat/${i}.png`);
    const thumbnails = new Map(files.map(name => [name, 'data:image/png;base64,AAAA']));
    expect(
      checkPage(record({images: 40, findings: [finding('note', 'all', files)], thumbnails})),
    ).to.not.contain('<img');
    expect(
      checkPage(record({images: 400, findings: [finding('note', 'few', files)], thumbnails})),
    ).to.contain('<img');
  });

  it('begins with a verdict, counts and what to type', () => {
    const findings = [
      {...finding('warning', 'twice', ['a', 'b']), exclude: ['b']},
      finding('note', 'small', ['a']),
    ];
    const page = checkPage(record({findings})).replace(/\s+/g, ' ');
    expect(page.indexOf('Ready to train')).to.be.within(0, page.indexOf('twice'));
    expect(page).to.contain('1 warning, 1 note.').and.to.contain('1 file should be excluded');
    expect(page.indexOf('npx finetune --data pets')).to.be.within(0, page.indexOf('twice'));
  });

  it('says that nothing was found, or why a run would refuse', () => {
    expect(checkPage(record({})))
      .to.contain('No issues found.')
      .and.not.to.contain('Not ready to train');
    expect(checkPage(record({error: 'because'})))
      .to.contain('Not ready to train')
      .and.to.contain('because');
  });
});
