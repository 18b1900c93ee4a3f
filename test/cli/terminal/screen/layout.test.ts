import {expect} from 'chai';
import {displayWidth, formatSparkline} from '../../../../src/cli/terminal/screen/layout.js';
import {COLORED, UNSTYLED} from '../../../../src/cli/terminal/screen/style.js';

describe('a sparkline', () => {
  it('goes from the lowest block to the highest', () => {
    expect(formatSparkline([0, 1, 2, 3, 4, 5, 6, 7])).to.equal('▁▂▃▄▅▆▇█');
    expect(formatSparkline([9, 5, 7])).to.equal('█▁▅');
  });

  it('is a line where nothing changes, and empty without values', () => {
    expect(formatSparkline([2, 2, 2])).to.equal('███');
    expect(formatSparkline([])).to.equal('');
  });

  it('averages many values', () => {
    expect(formatSparkline([0, 0, 1, 1], 2)).to.equal('▁█');
    expect(formatSparkline(Array.from({length: 1000}, (_, i) => i))).to.have.length(40);
  });
});

describe('a link', () => {
  it('leads to the file of any name, and takes no width', () => {
    const link = COLORED.link('report.html', '/tmp/a b/ü/report.html');
    expect(link).to.equal(
      '\u001b]8;;file:///tmp/a%20b/%C3%BC/report.html\u001b\\report.html\u001b]8;;\u001b\\',
    );
    expect(displayWidth(link)).to.equal('report.html'.length);
    expect(UNSTYLED.link('report.html', '/tmp/report.html')).to.equal('report.html');
  });
});
