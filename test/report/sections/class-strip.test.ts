import {expect} from 'chai';
import {classStrip} from '../../../src/report/sections/class-strip.js';
import {madeUpRecord} from '../../helpers/run-record.js';

const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

describe('the strip of the classes', () => {
  it('has thumbnails, the number of training images and those found', () => {
    const {validation} = madeUpRecord(['ants', 'bees']).metrics;
    const perClass = {
      ants: {...validation.perClass.ants!, recall: 0.75, support: 8},
      bees: {...validation.perClass.bees!, recall: null, support: 0},
    };
    const examples = [
      {train: 20, images: [{name: 'a.jpg', thumbnail: PIXEL}, {name: 'b.jpg', thumbnail: 'https://example.org/b.jpg'}]}, // prettier-ignore
      {train: 1, images: []},
    ];
    const {text} = classStrip(examples, ['ants', 'bees'], {...validation, perClass});
    const words = text.replace(/<[^>]*>/g, ' ').replace(/[ \n]+/g, ' ');
    expect(words).to.contain('ants 20 images to train 6 of 8 found (75\u00a0%)');
    expect(words).to.contain('bees 1 image to train none evaluated');
    expect(text.match(/<img/g)).to.have.length(1);
    expect(text).to.contain(`src="${PIXEL}" alt="a.jpg"`);
  });

  it('scrolls where there are many classes', () => {
    const stripOf = (count: number): string => {
      const classes = Array.from({length: count}, (_, i) => `c${i}`);
      const examples = classes.map(() => ({train: 1, images: []}));
      return classStrip(examples, classes, madeUpRecord(classes, {perClass: 2}).metrics.validation)
        .text;
    };
    expect(stripOf(40)).to.not.contain('scroll tall');
    expect(stripOf(41)).to.contain('class="scroll tall" tabindex="0"');
  });
});
