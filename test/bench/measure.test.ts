import {expect} from 'chai';
import {measure} from '../../bench/measure.js';
import {keyOf, type SideSpec} from '../../bench/rows.js';
import {openWorker, type Side} from '../../bench/side.js';
import {rejectionOf} from '../helpers/rejection.js';

const spec = (task: string): SideSpec => ({kind: 'worker', by: 'ours', task, options: {}});
const [A, B] = [spec('a'), spec('b')];

const side = (parts: Partial<Side> = {}): Side => ({
  takeReading: async () => ({seconds: 1, images: 4}),
  processorSeconds: () => 0,
  peakMemory: () => 100,
  close: async () => {},
  ...parts,
});

describe('measuring side by side', () => {
  it('lets the sides take turns', async () => {
    const turns: string[] = [];
    const {readings} = await measure(
      [A, B],
      3,
      async () => side(),
      ({task}) => turns.push(task),
    );
    expect(turns.join('')).to.equal('ababab');
    expect(readings.get(keyOf(A))).to.deep.equal({
      readings: Array(3).fill({seconds: 1, images: 4}),
      peakMemory: 100,
    });
  });

  it('goes on with the others where one fails, and closes all', async () => {
    const closed: string[] = [];
    const opened = async ({task}: SideSpec): Promise<Side> => {
      const close = async (): Promise<void> => void closed.push(task);
      return side({
        close,
        ...(task === 'a' && {takeReading: () => Promise.reject(new Error('out of memory'))}),
      });
    };
    const {readings, failures} = await measure([A, B], 2, opened, () => {});
    expect([...failures]).to.deep.equal([[keyOf(A), 'out of memory']]);
    expect([...readings.keys()]).to.deep.equal([keyOf(B)]);
    expect(closed).to.deep.equal(['a', 'b']);
  });

  it('tells of a side that computes while another has its turn', async () => {
    let seconds = 0;
    const opened = async ({task}: SideSpec): Promise<Side> =>
      side(task === 'b' ? {processorSeconds: () => seconds++} : {});
    const {disturbances} = await measure([A, B], 1, opened, () => {});
    expect(disturbances).to.deep.equal([`${keyOf(B)} took 1.00 s next to ${keyOf(A)}`]);
  });

  const worker = (script: string): Promise<Side> =>
    openWorker({program: process.execPath, parameters: ['--eval', script]});

  it('asks a process for readings, line by line', async () => {
    const requested = await worker(`
      console.log('what libraries say'); console.log('{"ready": true}');
      process.stdin.on('data', () => console.log('{"seconds": 2, "images": 3}'));`);
    expect(await requested.takeReading()).to.include({seconds: 2, images: 3});
    await requested.close();
  });

  it('says what a process said that ended instead', async () => {
    const error = await rejectionOf(worker(`console.error('no such arch'); process.exit(3)`));
    expect(error.message).to.match(/ended with exit 3 and no reading\.\nno such arch/);
  });
});
