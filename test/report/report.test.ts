import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect} from 'chai';
import type {Page} from 'puppeteer-core';
import {reportHtml, writeReport} from '../../src/report/report.js';
import type {RunRecord} from '../../src/report/run-record.js';
import type {Metrics} from '../../src/training/metrics/metrics.js';
import {browserOrSkip} from '../helpers/browser.js';
import {madeUpRecord} from '../helpers/run-record.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const HOSTILE = `<img src="https://example.org/x.png" onerror='document.title="run"'>`;
const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const mistake = {name: `${HOSTILE}.jpg`, truth: 'bees', prediction: HOSTILE, confidence: 0.9};

/** Every text of a user's is markup. */
const hostileRecord = (): RunRecord => ({
  ...madeUpRecord([HOSTILE, 'bees', '</script><script>document.title="run"</script>'], {
    mistakes: [mistake, {...mistake, thumbnail: HOSTILE}],
  }),
  dataset: HOSTILE.replaceAll('/', ':'),
  run: HOSTILE,
  command: `finetune --data '${HOSTILE}'`,
  findings: [{code: 'x', severity: 'warning', message: HOSTILE, files: [HOSTILE]}],
  settings: [{name: HOSTILE, value: {key: HOSTILE}, source: HOSTILE}],
  environment: {[HOSTILE]: HOSTILE},
});

describe('the report', () => {
  it('leads with the accuracy, its interval and what one image is worth', () => {
    const text = reportHtml(madeUpRecord(['ants', 'bees'])).replace(/[ \n]+/g, ' ');
    expect(text).to.match(/<p class="figure">92\.8\u00a0%<\/p>/);
    expect(text).to.match(
      /Between 87\.5\u00a0% and 95\.9\u00a0% with 95 % confidence, measured on 152 images/,
    );
    expect(text).to.contain(
      'The validation set has 152 images, so one image is worth 0.66 points.',
    );
  });

  it('tells by what the best epoch was chosen', () => {
    expect(reportHtml(madeUpRecord(['ants', 'bees']))).to.contain('chosen by this number');
    expect(reportHtml({...madeUpRecord(['ants', 'bees']), classBalance: 'oversample'}))
      .to.contain('chosen by balanced accuracy on these images')
      .and.to.contain('Balanced accuracy by epoch');
    // A probe that was solved has no epochs to choose from.
    const record = madeUpRecord(['ants', 'bees']);
    expect(reportHtml({...record, history: record.history.slice(0, 1)})).not.to.contain(
      'The best epoch was chosen',
    );
  });

  it('leads with the test accuracy where there is a test set', () => {
    const record = madeUpRecord(['ants', 'bees']);
    const {validation} = record.metrics;
    const text = reportHtml({
      ...record,
      metrics: {validation, test: {...validation, accuracy: 0.5}},
    });
    expect(text).to.match(
      /<p class="figure">50\.0\u00a0%<\/p>\s*<p class="figure-label">test accuracy/,
    );
    expect(text).to.match(
      /On the 152 validation images: 92\.8\u00a0% \(95 % interval: 87\.5\u00a0% to 95\.9\u00a0%\)/,
    );
  });

  it('shows every setting with its source, the schedule, the findings and the command', () => {
    const text = reportHtml(madeUpRecord(['ants', 'bees'])).replace(/\s+/g, ' ');
    for (const part of [
      'batchSize',
      'recommended',
      '{&quot;crop&quot;:[0.35,1],&quot;flip&quot;:true}',
      'frozen',
      'bees/broken.jpg',
      'v22.12.0',
    ]) {
      expect(text).to.contain(part);
    }
    expect(text).to.contain(
      '<pre><code>npx finetune --data ./hymenoptera --arch resnet50 --seed 42</code></pre>',
    );
  });

  it('shows the most confident errors first, and a name where there is no image', () => {
    const named = (name: string, confidence: number) => ({
      name,
      truth: 'ants',
      prediction: 'bees',
      confidence,
    });
    const mistakes = [named('unsure.jpg', 0.5), {...named('sure.jpg', 0.9), thumbnail: PIXEL}];
    const text = reportHtml(madeUpRecord(['ants', 'bees'], {mistakes}));
    expect(text).to.contain('The 2 most confident of 11 mistakes on the validation images');
    expect(text.indexOf(`<img src="${PIXEL}" alt="sure.jpg"`)).to.be.above(0);
    expect(text.indexOf('<div class="no-image">unsure.jpg</div>')).to.be.above(
      text.indexOf('alt="sure.jpg"'),
    );
  });

  it('says of an error what was predicted, how it is labeled and which file it is', () => {
    const mistakes = [
      {name: 'val/ants/1.jpg', truth: 'ants', prediction: 'bees', confidence: 0.99},
    ];
    const odd = {name: 'val/ants/1.jpg', className: 'ants', suggested: 'bees'};
    const oddImages = [odd, {...odd, name: 'train/ants/2.jpg', margin: 0.5}];
    const text = reportHtml({
      ...madeUpRecord(['ants', 'bees'], {mistakes}),
      suspiciousImages: oddImages,
    }).replace(/\s+/g, ' ');
    expect(text).to.contain(
      'said <b>bees</b>, <span class="number">99 %</span> <small>labeled ants</small>',
    );
    expect(text)
      .to.contain('<small class="file">val/ants/1.jpg</small>')
      .and.to.contain('<small class="file">train/ants/2.jpg</small>');
    expect(text.match(/<small class="file">val\/ants\/1.jpg/g), 'shown once').to.have.length(1);
    expect(text)
      .to.contain('1 more image of this kind is among the mistakes above.')
      .and.to.contain('margin 0.50');
  });

  it('compares with the largest class, and has no stage that the network lacks', () => {
    const record = madeUpRecord(['ants', 'bees']);
    const {spec} = record.network;
    const text = reportHtml({
      ...record,
      network: {...record.network, spec: {...spec, lastStage: 3}},
    }).replace(/\s+/g, ' ');
    expect(text).to.contain('Guessing, or always answering one class, would give 50.0 %.');
    const {validation} = record.metrics;
    const perClass = {...validation.perClass, bees: {...validation.perClass.bees!, support: 114}};
    const uneven = reportHtml({
      ...record,
      metrics: {validation: {...validation, perClass}},
    }).replace(/\s+/g, ' ');
    expect(uneven).to.contain(
      'Always answering bees, the largest class, would give 75.0 %; guessing, 50.0 %.',
    );
    expect(text).to.contain('>stage3</th>').and.not.to.contain('>stage4</th>');
  });

  it('shows no folders of the person who made it', () => {
    const home = '/home/someone/private';
    const record = madeUpRecord(['ants', 'bees']);
    const text = reportHtml({
      ...record,
      dataset: `${home}/pets`,
      run: `${home}/runs/pets`,
      model: `${home}/runs/pets/model`,
      weights: `${home}/weights/resnet50.safetensors`,
      command: `npx finetune --data ${home}/pets --weights '${home}/my weights/w.pt' --out=${home}/out`,
      findings: [
        {
          code: 'x',
          severity: 'warning',
          message: `Found ${home}/pets/a.jpg (${home}/pets/b.jpg).`,
          files: [],
        },
      ],
      settings: [
        {name: 'data', value: `${home}/pets`, source: 'flag'},
        {
          name: 'more',
          value: {exclude: `${home}/list.txt`, also: [`${home}/a/b`]},
          source: 'recipe file',
        },
      ],
      environment: {backend: `${home}/.cache/finetune/engines/x`},
    });
    expect(text).to.not.contain('someone').and.not.to.contain('private');
    expect(text)
      .to.contain('resnet50.safetensors')
      .and.to.contain('--data pets --weights')
      .and.to.contain('Found a.jpg (b.jpg).');
  });

  it('lets a user bring no markup and no address of an image', () => {
    const text = reportHtml(hostileRecord());
    expect(text).to.not.contain('<img');
    expect(text.match(/<script/g)).to.have.length(1);
    expect(text).to.contain('&lt;img src=&quot;https:');
  });

  it('allows exactly its own script', () => {
    const text = reportHtml(madeUpRecord(['ants', 'bees']));
    const script = /<script>([^]*)<\/script>/.exec(text)![1]!;
    expect(text).to.contain(
      `script-src &#39;sha256-${createHash('sha256').update(script).digest('base64')}&#39;`,
    );
  });

  it('leaves out what the record of an older version lacks', () => {
    const record = madeUpRecord(['ants', 'bees']);
    const {reliability: _, ece: __, brier: ___, ...metrics} = record.metrics.validation;
    const older = {...record, metrics: {validation: metrics as Metrics}};
    const titles = (text: string): string[] =>
      [...text.matchAll(/<h2>([^<]+)</g)].map(([, title]) => title!);
    expect(titles(reportHtml(older))).to.deep.equal([
      'Use it',
      'Training',
      'Confusion matrix',
      'Per-class metrics',
      'Most confident errors',
      'Dataset issues',
      'Time breakdown',
      'Reproduce',
      'Effective settings',
      'Environment',
    ]);
    const newer = {
      ...record,
      coverage: [{threshold: 0, coverage: 1, accuracy: 0.9}],
      classCurves: [{averagePrecision: 1, rocAuc: 1, precisionRecall: []}, {averagePrecision: 1, rocAuc: 1}], // prettier-ignore
    };
    expect(titles(reportHtml(newer))).to.include.members([
      'Calibration',
      'Coverage',
      'Precision, recall and ROC by class',
    ]);
  });

  it('is written for 2 classes and for 200', async () => {
    const many = Array.from({length: 200}, (_, i) => `species ${i}`);
    const path = join(temporaryDirectory(), 'report.html');
    for (const classes of [['ants', 'bees'], many]) {
      await writeReport(madeUpRecord(classes, {perClass: 10}), path);
      const text = readFileSync(path, 'utf8').replace(/<script>[^]*/, '');
      expect(text).to.not.match(/NaN|undefined|\[object/);
      expect(text.match(/<th scope="row" data-value/g)).to.have.length(classes.length);
    }
  });
});

describe('the report in a browser', () => {
  /** Opens a report from its file, with whatever it tried to load and whatever went wrong. */
  async function opened(
    test: Mocha.Context,
    record: RunRecord,
    stats: (page: Page, complaints: string[]) => Promise<void>,
  ): Promise<void> {
    const browser = await browserOrSkip(test);
    try {
      const path = join(temporaryDirectory(), 'report.html');
      await writeReport(record, path);
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on(
        'request',
        request => request.url().startsWith('data:') || complaints.push(request.url()),
      );
      page.on('pageerror', error => complaints.push(String(error)));
      page.on('console', message => complaints.push(message.text()));
      await page.goto(pathToFileURL(path).href);
      expect(complaints.shift()).to.equal(pathToFileURL(path).href);
      await stats(page, complaints);
    } finally {
      await browser.close();
    }
  }

  it('needs nothing but its file, and runs nothing of a user', async function () {
    await opened(this, hostileRecord(), async (page, complaints) => {
      expect(await page.title()).to.contain('fine-tuning report');
      expect(complaints).to.deep.equal([]);
    });
  });

  it('sorts the classes by a column at a click, undefined values last', async function () {
    const record = madeUpRecord(['a', 'b', 'c']);
    const {validation} = record.metrics;
    const perClass = {
      a: {...validation.perClass.a!, f1: null},
      b: {...validation.perClass.b!, f1: 0.2},
      c: {...validation.perClass.c!, f1: 0.9},
    };
    await opened(
      this,
      {...record, metrics: {validation: {...validation, perClass}}},
      async page => {
        const order = () =>
          page.$$eval('table.classes tbody th', cells =>
            cells.map(cell => cell.textContent).join(''),
          );
        const [byName, , , , byF1] = await page.$$('table.classes thead button');
        expect(await order(), 'weakest first').to.equal('bca');
        await byF1!.click();
        expect(await order(), 'strongest first').to.equal('cba');
        await byName!.click();
        expect(await order()).to.equal('abc');
        expect(
          await page.$eval('table.classes th', cell => cell.getAttribute('aria-sort')),
        ).to.equal('ascending');
      },
    );
  });

  it('leads from the confusion matrix to its images, and shows counts or percentages', async function () {
    const of = (name: string, prediction: string) => ({
      ...{name, truth: 'a', prediction, confidence: name.length / 10},
    });
    const mistakes = [of('1', 'b'), of('22', 'c'), of('333', 'b')];
    const record = madeUpRecord(['a', 'b', 'c'], {mistakes, accuracy: 0.5});
    await opened(this, record, async page => {
      const chosen = () =>
        page.$$eval('figure.chosen', figures =>
          figures.map(figure => figure.querySelector('.file')!.textContent),
        );
      expect(await chosen()).to.deep.equal([]);
      await page.$eval('.matrix a[href="#mistakes-1"] rect', cell =>
        cell.dispatchEvent(new MouseEvent('click', {bubbles: true})),
      );
      await page.waitForSelector('figure.chosen');
      expect(await chosen()).to.deep.equal(['333', '1']);
      const shown = () =>
        page.$$eval('.matrix .right text', texts =>
          texts
            .filter(text => getComputedStyle(text).display !== 'none')
            .map(text => text.getAttribute('class')!.split(' ')[1]),
        );
      expect(await shown()).to.deep.equal(['count', 'count', 'count']);
      await page.click('input[value="percent"]');
      expect(await shown()).to.deep.equal(['percent', 'percent', 'percent']);
    });
  });

  it('lists its sections, each with an address', async function () {
    await opened(this, madeUpRecord(['a', 'b']), async page => {
      const links = await page.$$eval('nav.contents a', all =>
        all.map(link => [link.textContent, link.getAttribute('href')!]),
      );
      expect(links).to.deep.include(['Use it', '#use-it']);
      const targets = await page.$$eval(
        'nav.contents a',
        all =>
        all.map(link => document.querySelector(link.getAttribute('href')!)?.querySelector('h2')?.textContent), // prettier-ignore
      );
      expect(targets).to.deep.equal(links.map(([title]) => title));
      expect(links).to.have.length(await page.$$eval('section > h2', all => all.length));
    });
  });

  it('fits a phone', async function () {
    const names = Array.from({length: 37}, (_, i) => `a_rather_long_name_of_a_breed_${i}`);
    await opened(this, madeUpRecord(names, {perClass: 5}), async page => {
      await page.setViewport({width: 360, height: 740});
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(360);
      const moved = await page.evaluate(async () => {
        const names = document.querySelector('.row-names')!;
        const left = () => names.getBoundingClientRect().left;
        const region = names.closest('.scroll')!;
        const before = left();
        region.scrollLeft = 100;
        await new Promise(resolve => setTimeout(resolve, 200));
        return [region.scrollLeft, Math.abs(left() - before)];
      });
      expect(moved[0]).to.equal(100);
      expect(moved[1], 'names stay where they are').to.be.below(1);
    });
  });
});
