import {expect} from 'chai';
import {checkPage} from '../../../src/report/check/check-page.js';
import {useBrowser} from '../../helpers/browser.js';

describe('the tick boxes of a check', () => {
  const browser = useBrowser();

  it('make the list to copy, and agree where findings show the same file', async () => {
    const names = ['b/2.png', 'a/1.png', 'c "x".png'];
    const finding = {code: 'x', severity: 'note', message: 'm', files: names} as const;
    const html = checkPage({
      name: 'pets',
      images: 3,
      classes: [],
      distributions: {},
      findings: [
        {...finding, exclude: ['b/2.png']},
        {...finding, files: ['a/1.png']},
      ],
      thumbnails: new Map(names.map(name => [name, 'data:image/png;base64,AAAA'])),
      next: 'finetune pets',
    });
    const page = await browser().newPage();
    const errors: unknown[] = [];
    page.on('pageerror', error => errors.push(error));
    await page.setContent(html);
    const list = (): Promise<string> =>
      page.$eval('#exclude-list pre code', code => code.textContent ?? '');
    const counted = (): Promise<string> =>
      page.$eval('[data-exclude-count]', count => count.textContent ?? '');
    expect(await list()).to.equal('b/2.png\n');
    await page.click('input[data-exclude="a/1.png"]');
    await page.click('input[data-exclude=\'c "x".png\']');
    expect(await list()).to.equal('a/1.png\nb/2.png\nc "x".png\n');
    expect(await counted()).to.equal('3');
    const boxes = await page.$$eval('input[data-exclude="a/1.png"]', all =>
      all.map(box => (box as HTMLInputElement).checked),
    );
    expect(boxes).to.deep.equal([true, true]);
    await page.click('input[data-exclude="b/2.png"]');
    expect(await list()).to.equal('a/1.png\nc "x".png\n');
    expect(errors).to.deep.equal([]);
    await page.close();
  });
});
