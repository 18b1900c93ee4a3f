import {join} from 'node:path';
import {expect} from 'chai';
import {compareRuns} from '../../../src/finetune/run-comparison/compare-runs.js';
import {comparisonHtml} from '../../../src/report/comparison/comparison-page.js';
import {shownImages} from '../../../src/report/comparison/disagreement-gallery.js';
import type {RunComparison} from '../../../src/report/comparison/run-comparison.js';
import {writeMadeUpRun, type MadeUpRun} from '../../helpers/made-up-runs.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const range = (from: number, to: number): number[] =>
  Array.from({length: to - from}, (_, i) => from + i);

const textOf = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>|<script>.*?<\/script>|<title>[^<]*<\/title>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const countOf = (html: string, pattern: RegExp): number => html.match(pattern)?.length ?? 0;

async function compare(...runs: readonly MadeUpRun[]): Promise<RunComparison> {
  const root = temporaryDirectory();
  return compareRuns(runs.map((run, i) => writeMadeUpRun(run, join(root, `run-${'abcdefgh'[i]}`))));
}

const THUMBNAIL = 'data:image/webp;base64,AAAA';

describe('the page of a comparison', () => {
  let comparison: RunComparison;
  let [html, text] = ['', ''];
  before('compare', async () => {
    comparison = await compare(
      {wrong: range(0, 10), settings: {weights: '/home/ann/secret/mine.pth'}},
      {wrong: [0, 38, 39], settings: {phases: [{name: '<probe>', epochs: 3}], arch: 'resnet18'}},
      {images: [500, 540], record: {device: 'gpu'}, wrong: range(500, 510)},
    );
    const shown = shownImages(comparison);
    html = comparisonHtml(comparison, new Map([[shown[0]!.sha256, THUMBNAIL]]));
    text = textOf(html);
  });

  it('says which run is best, and whether the others differ from it', () => {
    expect(text)
      .to.include('b has the highest validation accuracy: 92.5 % of 40 images')
      .and.to.include('b is right on 9 images that a misses, and wrong on 2 that it gets')
      .and.to.include('c and b have no validation image in common')
      .and.to.include('The times cannot be compared')
      .and.to.include('a difference is clear where p is below 0.025 (Bonferroni)');
  });

  it('has an accuracy with its interval for each run, and its curves', () => {
    expect(countOf(html, /class="interval"/g)).to.equal(3);
    expect(countOf(html, /<svg[^>]*by epoch/g)).to.equal(3);
    expect(countOf(html, /<polyline/g)).to.equal(9);
    expect(countOf(html, /, kept\s*<\/title>/g)).to.equal(9);
  });

  it('has a table of the runs, of the tests, of the settings and of the classes', () => {
    expect(text).to.match(/a resnet50 .*75\.0 % 59\.8 % to 85\.8 %.*31 s 94\.0 kB/);
    expect(text).to.match(/ a 40 2 9 28 1 0\.07 no clear difference/);
    expect(text).to.match(/phases\.&lt;probe&gt;\.epochs – 3 –/);
    expect(text).to.match(/bees 20 75\.0 % −20\.0 95\.0 % 75\.0 % −20\.0/);
  });

  it('shows the images on which runs disagree, grouped by the runs that are right', () => {
    expect(text).to.include('9 images: b is right, a is wrong');
    expect(text).to.include('2 images: a is right, b is wrong');
    expect(countOf(html, /class="mistake"/g)).to.equal(11);
    expect(countOf(html, new RegExp(THUMBNAIL, 'g'))).to.equal(1);
    expect(text).to.include('10 images can no longer be shown');
  });

  it('loads nothing, and tells no private path', () => {
    expect(html).to.not.match(/(?:src|href)="(?!data:)/);
    expect(html).to.not.include('secret').and.to.not.include('<probe>');
    expect(text).to.include('mine.pth');
  });

  it('limits the groups and the images of many runs', async () => {
    const wrongOf = (i: number): number[] => range(0, 300).filter(n => (n >> i) % 2 === 1);
    const many = await compare(
      ...range(0, 4).map(i => ({images: [0, 300] as const, wrong: wrongOf(i)})),
    );
    const page = comparisonHtml(many, new Map());
    expect(shownImages(many).length).to.be.at.most(8 * 24);
    expect(countOf(page, /class="mistake"/g)).to.equal(shownImages(many).length);
    expect(textOf(page)).to.match(/more images with other combinations/);
  });

  it('says so where nothing differs', async () => {
    const same = textOf(comparisonHtml(await compare({}, {}), new Map()));
    const solved = {history: comparison.runs[0]!.history.slice(0, 1)};
    const page = comparisonHtml(await compare({record: solved}, {record: solved}), new Map());
    expect(page).to.include('as where heads are solved').and.to.not.include('<polyline');
    expect(same).to.include('a and b are right on the same images.');
    expect(same).to.include('1 other run ties with it; the loss decided.');
    expect(same).to.include('differ by their machine at most');
    expect(same).to.include('There are none among the images');
  });
});
