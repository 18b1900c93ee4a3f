import {expect} from 'chai';
import {summarizeFolds} from '../../src/finetune/folds/cross-validation.js';
import {crossValidationHtml} from '../../src/report/folds-page.js';
import {RunningMetrics, type Metrics} from '../../src/training/metrics/metrics.js';

const CLASSES = ['ants', '<bees>'];

/** Ten images of each class; so many of the first are taken for the second. */
function metrics(mistakes: number): Metrics {
  const running = new RunningMetrics(CLASSES);
  const labels = Int32Array.from({length: 20}, (_, i) => i % 2);
  const rows = [...labels].flatMap((label, i) =>
    label === 1 || i < 2 * mistakes ? [0.1, 0.9] : [0.9, 0.1],
  );
  running.add(Float32Array.from(rows), labels, 5);
  return running.metrics();
}

describe('the page of a cross-validation', () => {
  const measured = [metrics(0), metrics(4)];
  const html = crossValidationHtml({
    dataset: '/data/insects',
    arch: 'resnet50',
    images: 40,
    classes: CLASSES,
    summary: summarizeFolds(measured),
    folds: measured.map((each, i) => ({
      metrics: each,
      timings: {total: 61},
      run: `runs/insects/fold-${i + 1}`,
    })),
  });
  const text = html
    .replace(/<style>.*?<\/style>|<script>.*?<\/script>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

  it('has a row for each fold, their mean and their spread', () => {
    expect(text).to.include('Fold 1 20 100 % 100 % 1.000 0.2500 1 min 1 s Fold 2 20 80.0 % 80.0 %');
    expect(text).to.match(
      /Mean 90\.0 % 90\.0 % [\d.]+ 0\.2500 1 min 1 s Spread \(±\) 14\.1 % 14\.1 %/,
    );
  });

  it('says how sure the accuracy over all images is', () => {
    const {pooled} = summarizeFolds(measured);
    expect(pooled.accuracy).to.equal(36 / 40);
    expect(text).to.include('Over all folds 90.0 % of 40 images are right');
    expect(text).to.match(/95 % interval: 76\.\d % to 96\.\d %/);
  });

  it('has the classes over all folds, the lowest recall first', () => {
    expect(text).to.include('ants 20 80.0 %').and.to.include('&lt;bees&gt; 20 100 %');
    expect(text.indexOf('ants 20')).to.be.below(text.indexOf('&lt;bees&gt; 20'));
  });

  it('has a hint that the script can show behind every table that may be too wide', () => {
    const regions = html.match(/<div class="scroll/g) ?? [];
    expect(regions).to.have.length(2);
    expect(
      html.match(
        /<div class="scroll[^"]*"[^>]*>(?:(?!<\/div>)[^])*<\/div>\s*<p class="scroll-hint/g,
      ),
    ).to.have.length(2);
  });

  it('links the reports of the folds, and nothing beyond', () => {
    expect(html)
      .to.include('href="fold-2/report.html"')
      .and.to.not.match(/(?:src|href)="(?:https?:)?\/\//);
  });
});
