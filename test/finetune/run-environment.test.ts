import {expect} from 'chai';
import type {EngineInfo} from '../../src/engine/runtime.js';
import {environmentOf} from '../../src/finetune/run-environment.js';

const ENGINE: EngineInfo = {
  engine: 'tensorflow',
  tfjsVersion: '4.22.0',
  from: 'pip',
  device: 'cpu',
  devices: [],
  threads: 2,
  oneDnn: true,
  nodeVersion: process.version,
};
const GIB = 2 ** 30;

describe('the environment of a run', () => {
  it('has the figures of the host and what a container allows of them', () => {
    const environment = environmentOf(ENGINE, {
      memory: {host: 64 * GIB, limit: 1.5 * GIB, limitFrom: '/sys/fs/cgroup/memory.max'},
      memoryFree: GIB,
      cores: {host: 32, limit: 1.5, limitFrom: '/sys/fs/cgroup/cpu.max'},
    });
    expect(environment).to.include({
      ...{cores: 32, coresLimit: 1.5, coresLimitFrom: '/sys/fs/cgroup/cpu.max'},
      ...{memoryGiB: 64, memoryLimitGiB: 1.5, memoryLimitFrom: '/sys/fs/cgroup/memory.max'},
      ...{engine: 'tensorflow', threads: 2},
    });
  });

  it('says that nothing is limited', () => {
    const environment = environmentOf(ENGINE, {memory: {host: 15.6 * GIB}, memoryFree: GIB, cores: {host: 8}});
    expect(environment).to.include({cores: 8, coresLimit: null, memoryGiB: 15.6, memoryLimitGiB: null, memoryLimitFrom: null});
  });
});
