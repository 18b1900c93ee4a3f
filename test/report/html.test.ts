import {expect} from 'chai';
import {html} from '../../src/report/html.js';

describe('an HTML template', () => {
  it('escapes text for elements and attributes', () => {
    const name = `<img src=x onerror="alert('1')">&amp;`;
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;';
    expect(html`<p title="${name}">${name}</p>`.text).to.equal(
      `<p title="${escaped}">${escaped}</p>`,
    );
  });

  it('takes templates and lists of them as they are', () => {
    expect(html`<ul>${['a', '<b>'].map(item => html`<li>${item}</li>`)}</ul>`.text).to.equal('<ul><li>a</li><li>&lt;b&gt;</li></ul>'); // prettier-ignore
  });

  it('leaves out what is undefined or false, and keeps zero', () => {
    expect(html`${undefined}${false}${0}`.text).to.equal('0');
  });
});
