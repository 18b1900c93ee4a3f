import {expect} from 'chai';
import {firstCores, torchVersions, vectorFlags} from '../../bench/machine.js';
import {groupAndTicks, peakMemory, processorSeconds} from '../../bench/process-facts.js';

describe('the machine of the bench', () => {
  it('knows the vector instructions that matter', () => {
    expect(
      vectorFlags('processor : 0\nflags\t\t: fpu avx2 avx512f avx512_bf16 sse\n'),
    ).to.deep.equal(['avx2', 'avx512f', 'avx512_bf16']);
    expect(vectorFlags('')).to.deep.equal([]);
  });

  it('pins to the first of the cores that it may use', () => {
    expect(firstCores('0-3,8', 2)).to.equal('0,1');
    expect(firstCores('1,4-6', 3)).to.equal('1,4,5');
  });

  it('says in a sentence that there is no torch', async () => {
    expect(await torchVersions('/no/such/python')).to.equal(
      '/no/such/python has no torch and torchvision, so only our own side is measured. ' +
        'Run pip install torch torchvision, and name its Python by --python.',
    );
  });

  it('reads the processor time of a process, whatever its name is', () => {
    const stat = '77 (a ) (b) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 7 3 20 0 1 0';
    expect(groupAndTicks(stat)).to.deep.equal({group: 42, ticks: 210});
  });

  it('sees the memory of a process, and nothing of what is not there', function () {
    if (process.platform !== 'linux') this.skip();
    expect(peakMemory(process.pid)).to.be.above(10);
    expect(peakMemory(2 ** 30)).to.equal(undefined);
    expect(processorSeconds(2 ** 30)).to.equal(undefined);
  });
});
