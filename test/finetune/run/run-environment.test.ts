import {expect} from 'chai';
import {describeEnvironment} from '../../../src/finetune/run/run-environment.js';
import {CPU_BACKEND} from '../../helpers/backend-info.js';

const GIB = 2 ** 30;

describe('the environment of a run', () => {
  it('has the figures of the host and what a container allows of them', () => {
    const environment = describeEnvironment(CPU_BACKEND, {
      memory: {host: 64 * GIB, limit: 1.5 * GIB, limitSource: '/sys/fs/cgroup/memory.max'},
      memoryFree: GIB,
      cores: {host: 32, limit: 1.5, limitSource: '/sys/fs/cgroup/cpu.max'},
    });
    expect(environment).to.include({
      ...{cores: 32, coresLimit: 1.5, coresLimitSource: '/sys/fs/cgroup/cpu.max'},
      ...{memoryGiB: 64, memoryLimitGiB: 1.5, memoryLimitSource: '/sys/fs/cgroup/memory.max'},
      ...{backend: 'tensorflow', threads: 2},
    });
  });

  it('says that nothing is limited', () => {
    const environment = describeEnvironment(CPU_BACKEND, {
      memory: {host: 15.6 * GIB},
      memoryFree: GIB,
      cores: {host: 8},
    });
    expect(environment).to.include({
      cores: 8,
      coresLimit: null,
      memoryGiB: 15.6,
      memoryLimitGiB: null,
      memoryLimitSource: null,
    });
  });
});
