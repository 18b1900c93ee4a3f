import {expect} from 'chai';
import type {RunEvent} from '../../../src/finetune/events.js';
import {FeatureProgress} from '../../../src/finetune/phases/feature-progress.js';
import {RunContext} from '../../../src/finetune/run/run-context.js';

async function reported(work: (progress: FeatureProgress) => void): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const progress = new FeatureProgress(new RunContext({onEvent: event => events.push(event)}), {
    train: 10,
    validation: 4,
  });
  await progress.track(async () => work(progress));
  return events;
}

const bars = (events: readonly RunEvent[]): string[] =>
  events.flatMap(event => (event.type === 'progress' ? [`${event.done}/${event.total}`] : []));

describe('the progress of features', () => {
  it('is one, over training and validation images', async () => {
    const events = await reported(({reporterFor: of}) => {
      for (const done of [10, 20, 30]) of('train')(done, 30);
      for (const done of [2, 4]) of('validation')(done, 4);
    });
    expect(bars(events)).to.deep.equal(['10/34', '20/34', '30/34', '32/34', '34/34']);
    const {seconds, ...event} = events.at(-1) as Extract<RunEvent, {readonly type: 'features'}>;
    expect(seconds).to.be.at.least(0);
    expect(event).to.deep.equal({
      type: 'features',
      images: {train: 10, validation: 4},
      rows: {train: 30, validation: 4},
      reused: 'none',
    });
  });

  it('never goes back where a lower boundary is filled before', async () => {
    const events = await reported(({reporterFor: of}) => {
      for (const done of [15, 30, 10, 30]) of('train')(done, 30);
      of('validation')(4, 4);
    });
    expect(bars(events)).to.deep.equal(['15/34', '30/34', '40/64', '60/64', '64/64']);
  });

  it('is one over the tables of several depths, if their number is known', async () => {
    const events = await reported(progress => {
      progress.expect({train: 2, validation: 2});
      for (const done of [15, 30, 10, 30]) progress.reporterFor('train')(done, 30);
      for (const done of [4, 4]) progress.reporterFor('validation')(done, 4);
    });
    expect(bars(events)).to.deep.equal(['15/68', '30/68', '40/68', '60/68', '64/68', '68/68']);
  });

  it('says what was reused, and nothing where nothing was made', async () => {
    const reused = async (rows: number): Promise<unknown> => {
      const events = await reported(({reporterFor: of, addCached: found}) => {
        of('train')(10, 10);
        of('validation')(4, 4);
        found(rows);
      });
      return events.at(-1);
    };
    expect(await reused(14)).to.include({reused: 'all'});
    expect(await reused(4)).to.include({reused: 'some'});
    expect(await reported(() => {})).to.deep.equal([]);
  });
});
