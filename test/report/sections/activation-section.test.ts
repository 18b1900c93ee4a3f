import {expect} from 'chai';
import {misclassificationsSection} from '../../../src/report/misclassifications.js';
import {activationSection} from '../../../src/report/sections/activation-section.js';

const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const activation = {image: PIXEL, margin: 0.0625};
const image = {name: 'a.jpg', className: 'ants', confidence: 0.99, thumbnail: PIXEL};
const mistake = {name: 'b.jpg', truth: 'ants', prediction: 'bees', confidence: 0.9};

describe('the section on activation maps', () => {
  it('lays a map over what the network sees of a thumbnail', () => {
    const text = activationSection([{...image, activation}])!
      .text.replace(/\s+/g, ' ')
      .replaceAll(' >', '>');
    expect(text).to.match(/style="inset:6\.25%"\s*>\s*<img src="data:image\/gif;[^"]*" alt=""/);
    expect(text).to.contain('<b>ants</b> <small>99');
  });

  it('is left out where nothing is explained', () => {
    expect(activationSection(undefined)).to.equal(undefined);
    expect(activationSection([image])).to.equal(undefined);
  });

  it('loads nothing from elsewhere', () => {
    const elsewhere = {...activation, image: 'https://example.org/x.png'};
    const {text} = activationSection([{...image, activation: elsewhere}])!;
    expect(text).to.not.contain('example.org');
    expect(text.match(/<img/g)).to.have.length(1);
  });

  it('has a switch for the mistakes where they are explained', () => {
    const plain = misclassificationsSection([{...mistake, thumbnail: PIXEL}], 1).text;
    const explained = misclassificationsSection([{...mistake, thumbnail: PIXEL, activation}], 1);
    expect(plain).to.not.contain('type="checkbox"');
    expect(explained.text).to.contain('type="checkbox" value="heat"');
  });
});
