import {expect} from 'chai';
import {misclassificationsSection} from '../../../src/report/misclassifications.js';
import {excludeList} from '../../../src/report/sections/exclude-list.js';
import {suspiciousImagesSection} from '../../../src/report/suspicious-images.js';

describe('the names to copy', () => {
  it('are one a line', () => {
    expect(excludeList([{name: 'ants/a b.jpg'}, {name: 'bees/<c>.jpg'}]).text).to.contain(
      '<pre><code>ants/a b.jpg\nbees/&lt;c&gt;.jpg\n</code></pre>',
    );
  });

  it('are lines that --exclude reads, whatever a name has', () => {
    expect(excludeList([{name: ' a.jpg'}]).text).to.contain('<code>&quot; a.jpg&quot;\n</code>');
  });

  it('are those of the mistakes, and of the suspicious images, also where the page shows them above', () => {
    const mistake = {name: 'a.jpg', truth: 'ants', prediction: 'bees', confidence: 0.9};
    expect(misclassificationsSection([mistake], 1).text).to.contain('<code>a.jpg\n</code>');
    const odd = [
      {name: 'a.jpg', className: 'ants'},
      {name: 'b.jpg', className: 'ants'},
    ];
    expect(suspiciousImagesSection(odd, new Set(['a.jpg'])).text).to.contain(
      '<code>a.jpg\nb.jpg\n</code>',
    );
  });
});
