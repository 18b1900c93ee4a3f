import {expect} from 'chai';
import {ProgressLine} from '../../../../src/cli/terminal/screen/progress-line.js';
import {capture} from '../../../helpers/capture.js';

describe('progress', () => {
  it('is drawn at most ten times a second on a terminal, with rate and remaining time', () => {
    const said = capture({isTTY: true, columns: 120, environment: {NO_COLOR: '1'}});
    let now = 0;
    const line = new ProgressLine(said.terminal, () => now);
    for (let done = 0; done <= 200; done++, now += 1 / 64)
      line.update({title: 'decoding', done, total: 200, unit: 'images'});
    const drawn = said.stderr.split('\r\u001b[2K').slice(1);
    expect(drawn).to.have.length.within(28, 32);
    expect(drawn[0]).to.equal(`decoding   ${'░'.repeat(24)}  0 of 200 images`);
    expect(drawn[7]).to.equal(`decoding   ${'█'.repeat(5)}▉${'░'.repeat(18)}  49 of 200 images`);
    expect(drawn[20]).to.equal(
      `decoding   ${'█'.repeat(16)}▊${'░'.repeat(7)}  140 of 200 images, 64 images/s, 0.9 s left`,
    );
  });

  it('never is wider than the terminal', () => {
    const said = capture({isTTY: true, columns: 50, environment: {NO_COLOR: '1'}});
    new ProgressLine(said.terminal, () => 0).update({
      title: 'decoding',
      done: 1,
      total: 1e6,
      unit: 'images',
      note: 'a long note on this',
    });
    expect(said.stderr.replace('\r\u001b[2K', '')).to.have.length.below(50);
  });

  for (const [columns, place, drawn] of [
    [
      140,
      'epoch 2/5',
      `${'█'.repeat(6)}${'░'.repeat(18)}  epoch 2/5, 9,600 of 38,400 images, 320 images/s, 1 min 30 s left, accuracy 56.3 %`,
    ],
    [
      100,
      'epoch 2/5',
      `${'█'.repeat(4)}${'░'.repeat(12)}  epoch 2/5, 9,600 of 38,400 images, 320 images/s, 1 min 30 s left`,
    ],
    [80, 'epoch 2/5', `${'█'.repeat(3)}${'░'.repeat(9)}  epoch 2/5, 320 images/s, 1 min 30 s left`],
    [
      80,
      undefined,
      `${'█'.repeat(3)}${'░'.repeat(9)}  9,600 of 38,400 images, 320 images/s, 1 min 30 s left`,
    ],
    [70, undefined, `${'█'.repeat(3)}${'░'.repeat(9)}  9,600 of 38,400 images, 1 min 30 s left`],
  ] as const) {
    it(`leaves whole figures out where there is no room for all: ${columns} columns${place === undefined ? '' : ', epochs'}`, () => {
      const said = capture({isTTY: true, columns, environment: {NO_COLOR: '1'}});
      let now = 0;
      const line = new ProgressLine(said.terminal, () => now);
      for (const done of [0, 9600]) {
        const note = 'accuracy 56.3 %';
        line.update({
          title: 'training',
          done,
          total: 38_400,
          unit: 'images',
          note,
          ...(place !== undefined && {place}),
        });
        now = 30;
      }
      expect(said.stderr.split('\r\u001b[2K').at(-1)).to.equal(`training   ${drawn}`);
    });
  }

  it('is a plain line every ten seconds elsewhere, and none for what is done sooner', () => {
    const said = capture();
    let now = 0;
    const line = new ProgressLine(said.terminal, () => now);
    for (let done = 0; done <= 25; done++, now++)
      line.update({title: 'features', done, total: 100, unit: 'images'});
    line.end();
    line.update({title: 'weights', done: 1, total: 2, unit: 'bytes'});
    expect(said.stderr.split('\n')).to.deep.equal([
      'features   10 %: 10 of 100 images, 1.0 images/s, 1 min 30 s left',
      'features   20 %: 20 of 100 images, 1.0 images/s, 1 min 20 s left',
      '',
    ]);
  });

  it('counts the rate from where it began, so that a resumed download is not praised for what was there', () => {
    const said = capture();
    let now = 0;
    const line = new ProgressLine(said.terminal, () => now);
    const megabyte = 1e6;
    line.update({title: 'weights', done: 90 * megabyte, total: 100 * megabyte, unit: 'bytes'});
    now = 10;
    line.update({title: 'weights', done: 95 * megabyte, total: 100 * megabyte, unit: 'bytes'});
    expect(said.stderr).to.equal('weights    95 %: 95.0 MB of 100.0 MB, 500.0 kB/s, 10 s left\n');
  });
});
