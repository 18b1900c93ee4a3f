import {expect} from 'chai';
import {studyHtml} from '../../../src/report/study/study-page.js';
import {madeUpStudy} from '../../helpers/study-record.js';

const textOf = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>|<script>.*?<\/script>|<title>[^<]*<\/title>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const NETWORKS = ['plain20', 'plain56', 'resnet20', 'resnet56'] as const;

describe('the page of a study', () => {
  const html = studyHtml(madeUpStudy(NETWORKS, [42, 43]));
  const text = textOf(html);

  it('answers the question with a sentence for each pair', () => {
    expect(text).to.include('Is the deeper plain network worse?');
    expect(text).to.match(
      /The deeper plain network is worse: plain56 has a training error of 3\d\.\d %, plain20 of 1\d\.\d %\./,
    );
    expect(html.match(/<li>The /g)).to.have.length(4);
  });

  it('has a chart of plain and one of residual networks, on the same scale', () => {
    expect(html.match(/<svg[^>]*error by epoch/g)).to.have.length(2);
    const ticks = [...html.matchAll(/class="tick"[^>]*>(\d+ %)</g)].map(match => match[1]!);
    expect(ticks.slice(0, ticks.length / 2)).to.deep.equal(ticks.slice(ticks.length / 2));
  });

  it('has two curves for each network, a point an epoch, and a band over the seeds', () => {
    expect(html.match(/<polyline/g)).to.have.length(8);
    expect(html.match(/<circle/g)).to.have.length(8 * 12);
    expect(html.match(/<polygon class="seeds"/g)).to.have.length(8);
    expect(textOf(studyHtml(madeUpStudy(NETWORKS, [42])))).to.include('There is one seed');
    expect(studyHtml(madeUpStudy(NETWORKS, [42]))).to.not.include('<polygon class="seeds"');
  });

  it('puts networks of one depth into one chart', () => {
    const one = studyHtml(madeUpStudy(['plain20', 'resnet20'], [42]));
    expect(one.match(/<svg[^>]*error by epoch/g)).to.have.length(1);
  });

  it('links the reports of the runs, and nothing beyond', () => {
    expect(html)
      .to.include('href="runs/plain56-seed-43/report.html"')
      .and.to.not.match(/(?:src|href)="(?:https?:)?\/\//);
    expect(html).to.include('cifar10 &lt;small&gt;').and.to.not.include('<small>cifar10');
  });

  it('says how the errors were measured', () => {
    expect(text)
      .to.include('each is judged before the update that it is part of')
      .and.to.include('on 1,000 images that are not trained on');
  });
});
