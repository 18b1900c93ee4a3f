import {expect} from 'chai';
import {reportHtml} from '../../../src/report/report.js';
import {useSection} from '../../../src/report/sections/use-section.js';
import {madeUpRecord} from '../../helpers/run-record.js';

const record = madeUpRecord(['ants', 'bees']);
const textOf = (html: string): string => html.replace(/[ \n]+/g, ' ');

describe('the section on using the model', () => {
  it('comes right after the number', () => {
    const titles = [...reportHtml(record).matchAll(/<h2>([^<]+)</g)].map(([, title]) => title);
    expect(titles[0]).to.equal('Use it');
  });

  it('has commands to copy that name the run, quoted where a shell needs it', () => {
    const {text} = useSection({...record, run: 'runs/my pets'});
    for (const command of [
      'finetune predict &#39;runs/my pets&#39; image.jpg',
      'finetune try &#39;runs/my pets&#39;',
      'finetune evaluate &#39;runs/my pets&#39; --data DIR',
    ])
      expect(text).to.contain(`<pre><code>${command}</code></pre>`);
    expect(text).to.contain('loadModel(&quot;./runs/my pets/model&quot;)');
    expect(text.match(/data-copy/g)).to.have.length(4);
  });

  it('tells size and speed as they were measured', () => {
    const modelSize = {
      webBytes: 44_858_000,
      tensorBytes: 44_830_508,
      parameters: 11_195_493,
      imageMilliseconds: 23.6,
    };
    expect(textOf(useSection({...record, modelSize}).text))
      .to.contain('<b>44.9 MB</b> for a web page, <b>44.8 MB</b> for Node')
      .and.to.contain('<b>11.2 million</b> parameters')
      .and.to.contain('<b>24\u00a0ms</b> for one image, without decoding it (tensorflow 2.21.0 on');
    const small = {...modelSize, parameters: 272_474, imageMilliseconds: 1.234};
    expect(textOf(useSection({...record, modelSize: small}).text))
      .to.contain('<b>272,474</b> parameters')
      .and.to.contain('<b>1.2\u00a0ms</b>');
  });

  it('tells no size that was not measured', () => {
    expect(useSection(record).text).to.not.contain('MB').and.not.to.contain('parameters');
  });
});
