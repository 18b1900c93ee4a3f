import {expect} from 'chai';
import {supportsColor} from '../../../../src/cli/terminal/screen/style.js';
import {capture} from '../../../helpers/capture.js';

describe('colors', () => {
  const TABLE: readonly (readonly [
    isTerminal: boolean,
    environment: NodeJS.ProcessEnv,
    colored: boolean,
  ])[] = [
    [true, {}, true],
    [false, {}, false],
    [true, {NO_COLOR: '1'}, false],
    [true, {NO_COLOR: ''}, true],
    [false, {FORCE_COLOR: '1'}, true],
    [true, {FORCE_COLOR: '0'}, false],
    [true, {FORCE_COLOR: '1', NO_COLOR: '1'}, true],
    [true, {TERM: 'dumb'}, false],
  ];
  for (const [isTerminal, environment, colored] of TABLE) {
    it(`${colored ? 'show' : 'do not show'} on ${isTerminal ? 'a terminal' : 'a pipe'} with ${JSON.stringify(environment)}`, () => {
      expect(supportsColor(isTerminal, environment)).to.equal(colored);
    });
  }
});

describe('the terminal', () => {
  it('gives results to standard output and everything else to standard error', () => {
    const said = capture();
    said.terminal.log('a line');
    said.terminal.result('a result');
    said.terminal.alert('an alert');
    expect(said).to.include({stdout: 'a result\n', stderr: 'a line\nan alert\n'});
  });

  it('keeps alerts and results when it is quiet', () => {
    const said = capture();
    said.terminal.quiet = true;
    said.terminal.log('a line');
    said.terminal.result('a result');
    said.terminal.alert('an alert');
    expect(said).to.include({stdout: 'a result\n', stderr: 'an alert\n'});
  });

  it('lets nothing act on it but colors of its own', () => {
    const plain = capture({isTTY: true, environment: {NO_COLOR: '1'}});
    const colored = capture({isTTY: true});
    for (const {terminal} of [plain, colored]) {
      terminal.log('a\u001b[2J\u001b[31m\u202e\nb');
      terminal.result('c\u0007\u009b1m');
    }
    expect(plain).to.include({
      stderr: 'a\\u001b[2J\\u001b[31m\\u202e\nb\n',
      stdout: 'c\\u0007\\u009b1m\n',
    });
    expect(colored.stderr).to.equal('a\\u001b[2J\u001b[31m\\u202e\nb\n');
  });

  it('knows how wide each of its streams is', () => {
    expect(capture({isTTY: true, columns: 50}).terminal).to.include({
      columns: 50,
      resultColumns: 50,
    });
    expect(capture({isTTY: true, columns: 0}).terminal.columns).to.equal(80);
    expect(capture({columns: 50}).terminal).to.include({
      columns: Infinity,
      resultColumns: Infinity,
    });
  });

  it('draws over a line only where there is a terminal, no CI and no silence', () => {
    const drawnWith = (options: Parameters<typeof capture>[0], quiet = false): string => {
      const said = capture(options);
      said.terminal.quiet = quiet;
      said.terminal.draw('bar');
      return said.stderr;
    };
    expect(drawnWith({isTTY: true})).to.equal('\r\u001b[2Kbar');
    expect(drawnWith({isTTY: false})).to.equal('');
    expect(drawnWith({isTTY: true, environment: {CI: 'true'}})).to.equal('');
    expect(drawnWith({isTTY: true, environment: {TERM: 'dumb'}})).to.equal('');
    expect(drawnWith({isTTY: true}, true)).to.equal('');
  });

  it('takes the drawn line away before another is written', () => {
    const said = capture({isTTY: true});
    said.terminal.draw('bar');
    said.terminal.log('line');
    said.terminal.log('next');
    expect(said.stderr).to.equal('\r\u001b[2Kbar\r\u001b[2Kline\nnext\n');
  });
});
