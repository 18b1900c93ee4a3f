import {expect} from 'chai';
import type {Finding} from '../../../src/core/finding.js';
import {checkPage, type CheckRecord} from '../../../src/report/check/check-page.js';

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
  classes: [
    {name: 'cat', counts: {images: 2}, samples: ['cat/1.png']},
    {name: '<dog>', counts: {images: 1}, samples: []},
  ],
  distributions: {},
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
    ).to.not.contain('class="gallery"');
    expect(
      checkPage(record({images: 400, findings: [finding('note', 'few', files)], thumbnails})),
    ).to.contain('class="gallery"');
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

  it('shows each class with a bar and a few of its images', () => {
    const thumbnails = new Map([['cat/1.png', 'data:image/png;base64,AAAA']]);
    const page = checkPage(record({thumbnails}));
    expect(page).to.contain('2 images').and.to.contain('width: 100.0%');
    expect(page).to.contain('width: 50.0%');
    expect(page).to.contain('alt="cat/1.png"');
  });

  it('shows duplicates of one group side by side, with boxes ticked for those to exclude', () => {
    const names = ['a/1.png', 'a/2.png', 'b/3.png', 'b/4 "x".png'];
    const thumbnails = new Map(names.map(name => [name, 'data:image/png;base64,AAAA']));
    const page = checkPage(
      record({
        thumbnails,
        findings: [
          {
            ...finding('note', 'copies', names),
            groups: [names.slice(0, 2), names.slice(2)],
            exclude: ['b/4 "x".png'],
          },
        ],
      }),
    );
    expect(page.match(/class="gallery"/g)).to.have.length(2);
    expect(page.match(/data-exclude="/g)).to.have.length(4);
    expect(page.match(/checked\s*\/>/g)).to.have.length(1);
    expect(page).to.contain('data-exclude="b/4 &quot;x&quot;.png"');
    // The list to copy.
    expect(page).to.contain('<code>b/4 &quot;x&quot;.png\n</code>');
  });

  it('draws what the images are like', () => {
    const distributions = {
      shortSide: {from: 64, to: 1024, counts: [1, 0, 3], isLogarithmic: true},
      brightness: {from: 0, to: 255, counts: [2, 2], isLogarithmic: false},
    };
    const page = checkPage(record({distributions})).replace(/\s+/g, ' ');
    expect(page.match(/<rect/g)).to.have.length(5);
    expect(page).to.contain('64 px').and.to.contain('256 px').and.to.contain('1024 px');
    expect(page).to.contain('0 to 128: 2');
    const same = {from: 128, to: 128, counts: [3], isLogarithmic: true};
    expect(checkPage(record({distributions: {shortSide: same}}))).to.contain('all 128 px');
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
